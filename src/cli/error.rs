//! What can go wrong in a command of ours, what to do about it, and the exit code. Never raised by a build.

use std::path::PathBuf;

use super::exit;
use crate::{config::ConfigError, ipc::client::IpcError, ui::Printer};

/// A command of ours could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("{}", .0.unlabelled())]
    Config(#[from] ConfigError),
    #[error("no cache: {0}")]
    Daemon(#[from] IpcError),
    /// The daemon answered that it could not.
    #[error("the daemon could not do it: {0}")]
    Refused(String),
    /// Versions that do not fit are found earlier; this is a fault of ours.
    #[error("the daemon's answer does not fit the question")]
    Misunderstood,
    #[error("no compile of a crate named `{name}` is on record")]
    UnknownCrate { name: String, meant: Option<String> },
    #[error("this command takes no toolchain (`{0}`)")]
    Toolchain(String),
    #[error("`--all` and `--dry-run` belong to `cache clean`")]
    NotCleaning,
    #[error("`cargo` is not found")]
    NoCargo,
    #[error("{what}: {cause}")]
    Start { what: PathBuf, cause: std::io::Error },
    #[error("{0}")]
    Warmup(#[from] super::warmup::error::WarmupError),
    #[error("{0}")]
    Bench(#[from] crate::bench::error::BenchError),
    #[error("{0}")]
    Watch(#[from] super::watch::WatchStart),
    #[error("{0}")]
    Init(#[from] super::init::InitError),
    #[error("{0}")]
    Analyze(#[from] super::analyze::AnalyzeError),
    #[error("{0}")]
    Fix(#[from] crate::advise::fix::FixError),
    #[error("cannot be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

impl CliError {
    /// What the user can do, if we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Daemon(IpcError::Draining(_)) => Some("try again in a moment".into()),
            Self::Daemon(IpcError::BreakerOpen(_)) => {
                Some("try again in a minute; `rustc-hyperopt cache stop` ends it, and `doctor` looks for the cause".into())
            }
            Self::Daemon(IpcError::Foreign(_)) => Some("set `cache.path` to a directory of yours".into()),
            Self::Daemon(_) | Self::Refused(_) => Some("`rustc-hyperopt doctor` looks for the cause".into()),
            Self::Misunderstood => Some("another version may be running; wait until it has ended, or end it".into()),
            Self::UnknownCrate { meant: Some(meant), .. } => Some(format!("did you mean `{meant}`?")),
            Self::UnknownCrate { .. } => Some("`rustc-hyperopt stats --detailed` lists the crates that are".into()),
            Self::Toolchain(_) => Some("`rustc-hyperopt +toolchain cargo …` runs cargo's command of that name".into()),
            Self::NotCleaning => Some("`rustc-hyperopt cache clean --dry-run` shows what would go".into()),
            Self::NoCargo => Some("install Rust from https://rustup.rs, or set `CARGO` to cargo's path".into()),
            Self::Init(e) => e.hint(),
            Self::Warmup(e) => e.hint(),
            Self::Analyze(e) => e.hint(),
            Self::Bench(e) => e.hint(),
            Self::Watch(e) => e.hint(),
            Self::Fix(e) => e.hint(),
            Self::Start { .. } => Some("it has to be there and allowed to run; `rustc-hyperopt doctor` looks for it".into()),
            Self::Config(_) | Self::Json(_) => None,
        }
    }

    /// Says it, and what the user can do.
    pub fn tell(&self, printer: &mut Printer) {
        printer.error(self);
        if let Some(hint) = self.hint() {
            printer.hint(hint);
        }
    }

    /// See [`exit`].
    pub fn exit(&self) -> i32 {
        match self {
            Self::UnknownCrate { .. } | Self::Init(_) | Self::Analyze(_) | Self::Fix(_) => exit::NO,
            Self::NoCargo => exit::NO_CARGO,
            _ => exit::FAILED,
        }
    }
}

#[cfg(test)]
mod tests;
