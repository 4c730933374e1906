//! Why nothing could be measured.

use std::path::PathBuf;

/// Raised before or between measurements. A tool that fails in one of them is told in the report.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("there is no project in {0}")]
    NoProject(PathBuf),
    /// In cargo's words.
    #[error("{what}: {said}")]
    Cargo { what: String, said: String },
    #[error("{0} is needed by the project and lies outside of {1}, so it cannot be copied with it")]
    Outside(PathBuf, PathBuf),
    #[error("no function was found that can be edited{0}")]
    NoSite(String),
    #[error("{0} is not installed")]
    NotInstalled(&'static str),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("{0} cannot be started: {1}")]
    Start(PathBuf, std::io::Error),
    #[error("cannot be written: {0}")]
    Export(#[from] serde_json::Error),
    /// The number of the signal.
    #[error("stopped")]
    Stopped(i32),
}

impl BenchError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoProject(_) => Some("start it where `cargo build` works, or name a `--manifest-path`".into()),
            Self::Cargo { .. } => Some("the project has to build with plain cargo, in a copy without `.git`".into()),
            Self::NoSite(_) => {
                Some("`--edit FILE` names a file with private functions; `--scenario cold,no-op,warm,other` does without".into())
            }
            Self::NotInstalled(_) => Some("put it on the path, or leave it out of `--vs`".into()),
            Self::Outside(..) => Some("`bench` copies one workspace; it can be measured once what it needs is below it".into()),
            Self::Start(..) => Some("it has to be there and allowed to run; `rustc-hyperopt doctor` looks for it".into()),
            Self::Io(_) | Self::Export(_) | Self::Stopped(_) => None,
        }
    }
}
