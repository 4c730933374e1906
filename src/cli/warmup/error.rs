//! Why a warm-up cannot even begin. What keeps a single project from being prepared is a warning, not an error.

use std::path::PathBuf;

/// It cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum WarmupError {
    #[error("the cache is switched off (`RUSTC_HYPEROPT=off`)")]
    Off,
    #[error("there is no cache to prepare: {0}")]
    NoStore(String),
    #[error("there is no `Cargo.toml` here or above ({0})")]
    NoProject(PathBuf),
    #[error("a warm-up is under way already")]
    Busy,
    #[error("no warm-up is under way")]
    Idle,
    #[error("the directory to build in cannot be used: {0}")]
    Io(#[from] std::io::Error),
}

impl WarmupError {
    /// What the user can do, if we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoProject(_) => {
                Some("`rustc-hyperopt warmup --scan-crates DIR` prepares every project below a directory".into())
            }
            Self::Busy => Some("`rustc-hyperopt warmup --status` says how far it is, `--stop` ends it".into()),
            Self::Off => Some("unset `RUSTC_HYPEROPT`".into()),
            Self::NoStore(_) => Some("`rustc-hyperopt doctor` looks for the cause".into()),
            Self::Idle => Some("`rustc-hyperopt warmup --status` tells how the last one ended".into()),
            Self::Io(_) => None,
        }
    }
}
