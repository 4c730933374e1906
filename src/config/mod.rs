//! Layer 1 (stub): what the user asked for.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::base::env::EnvSnapshot;

pub struct Loaded {
    pub settings: Settings,
    pub values: Vec<Effective>,
    pub project_file: Option<PathBuf>,
    pub user_file: Option<PathBuf>,
    pub warnings: Vec<String>,
}

pub struct Settings {
    pub cache: Cache,
}

pub struct Cache {
    pub path: PathBuf,
    pub max_size_bytes: u64,
}

pub struct Effective {
    pub key: &'static str,
    pub value: String,
    pub origin: Origin,
}

pub enum Origin {
    Default,
    Environment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::Environment => "environment",
        })
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

/// # Errors
/// Never, but for a value that tests plant.
pub fn load(env: &EnvSnapshot, _start: &Path, _overrides: &[(String, String)]) -> Result<Loaded, ConfigError> {
    if let Some(bad) = env.get("RUSTC_HYPEROPT_CACHE_MAX_SIZE_GB").filter(|v| v.to_str().is_none_or(|t| t.parse::<f64>().is_err())) {
        return Err(ConfigError(format!("`{}` is not a number", bad.to_string_lossy())));
    }
    let path = store_path(env).ok_or_else(|| ConfigError("no home directory".into()))?;
    let origin = if env.get("RUSTC_HYPEROPT_CACHE_PATH").is_some() { Origin::Environment } else { Origin::Default };
    let values = vec![
        Effective { key: "cache.path", value: path.display().to_string(), origin },
        Effective { key: "cache.max_size_gb", value: "20".into(), origin: Origin::Default },
    ];
    let cache = Cache { path, max_size_bytes: 20_000_000_000 };
    Ok(Loaded { settings: Settings { cache }, values, project_file: None, user_file: None, warnings: Vec::new() })
}

pub fn store_path(env: &EnvSnapshot) -> Option<PathBuf> {
    env.path("RUSTC_HYPEROPT_CACHE_PATH").or_else(|| env.path("HOME").map(|h| h.join(".cache/rustc-hyperopt")))
}
