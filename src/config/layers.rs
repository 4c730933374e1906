//! The layers, put over one another: defaults < user's file < project's file < environment < flags.
//!
//! It must never stop at the first error: the user gets all of them at once, or the settings.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use crate::{
    base::{
        env::{EnvSnapshot, names},
        text,
    },
    config::{
        ConfigError, Diagnostic, Settings, discover,
        document::{self, Owner},
        raw::{self, Spec},
        read::Problem,
        source,
        stack::Stack,
    },
};

/// Everything [`load`] finds.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub settings: Settings,
    /// Every key in the order of the documentation.
    pub values: Vec<Effective>,
    /// The files that were read.
    pub project_file: Option<PathBuf>,
    pub user_file: Option<PathBuf>,
    /// One sentence each; nothing in them changes a build.
    pub warnings: Vec<String>,
}

/// One key's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// `section.key`
    pub key: String,
    /// As it would be written in TOML, or in words if it is not set.
    pub value: String,
    /// Who said so last.
    pub origin: Origin,
    /// Who else added to it; only lists and the salt add up.
    pub also: Vec<Origin>,
    /// What the key means, in one sentence.
    pub doc: &'static str,
}

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    UserFile {
        path: PathBuf,
        line: usize,
    },
    ProjectFile {
        path: PathBuf,
        line: usize,
    },
    /// The variable's name.
    Environment(String),
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::UserFile { path, line } | Self::ProjectFile { path, line } => {
                write!(f, "{}:{line}", text::visible(&path.to_string_lossy()))
            }
            Self::Environment(name) => f.write_str(name),
            Self::Flag => f.write_str("command line"),
        }
    }
}

/// Loads everything that applies to a build started in `start`; `overrides` are (`section.key`, text) from flags.
///
/// # Errors
/// Everything that is wrong in files, environment and flags.
pub fn load(env: &EnvSnapshot, start: &Path, overrides: &[(String, String)]) -> Result<Loaded, ConfigError> {
    let home = env.path("HOME");
    let mut stack = Stack::new(home.as_deref());
    let mut errors = Vec::new();

    let user = discover::user_file(env);
    let user_file = user.as_ref().and_then(|file| stack.user_file(file, home.as_deref(), &mut errors));
    let uid = nix::unistd::geteuid().as_raw();
    let start = start.canonicalize().unwrap_or_else(|_| start.to_owned());
    let project_file = discover::project_file(&start, home.as_deref(), uid);
    if let Some(path) = &project_file {
        let owner = Owner::Project { user_file: user.as_ref().map(|file| file.path.as_path()) };
        match source::project(path, uid).map(|source| document::entries(&source, owner)) {
            Ok((entries, wrong)) => {
                stack.file(entries, |line| Origin::ProjectFile { path: path.clone(), line });
                errors.extend(wrong);
            }
            Err(refused) => errors.push(refused),
        }
    }
    stack.environment(env, home.as_deref(), &mut errors);
    stack.flags(overrides, home.as_deref(), &mut errors);
    if errors.is_empty() && stack.settings.cache.path.as_os_str().is_empty() {
        let problem = Problem::new("there is no place for the cache, because HOME is not set");
        errors.push(Diagnostic::about("cache.path", problem.hint(format!("set {}", names::CACHE_PATH))));
    }
    ConfigError::check(errors)?;
    Ok(Loaded { values: stack.values(), settings: stack.settings, project_file, user_file, warnings: strangers(env) })
}

/// Variables that look like ours and mean nothing.
fn strangers(env: &EnvSnapshot) -> Vec<String> {
    let keys: Vec<String> = raw::KEYS.iter().map(Spec::env_name).collect();
    let known: Vec<&str> = keys.iter().map(String::as_str).chain(names::SWITCHES).collect();
    env.iter()
        .filter_map(|(name, _)| std::str::from_utf8(name).ok())
        .filter(|name| name.starts_with(names::PREFIX) && !known.contains(name))
        .map(|name| {
            let meant = text::did_you_mean(name, known.iter().copied()).map(|m| format!("; did you mean {m}?"));
            format!("the variable {} means nothing{}", text::visible(name), meant.unwrap_or_default())
        })
        .collect()
}
