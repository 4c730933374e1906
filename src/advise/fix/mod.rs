//! Mends: edits that were tried in a copy of the workspace before anybody is asked to have them.
//!
//! ```text
//! project   what of the workspace is copied           suggest   what the compiler proposes, as edits
//! scratch   the copy, and cargo in it                 proposal  what somebody else proposes, checked for where it reaches
//! fault     an error that can be found again          rounds    which are tried together, which one by one
//! judge     whether a change made it better           vcs       whether what is there is kept by somebody
//! mend      writing what was tried, and taking it back
//! ```
//!
//! It must never write below the workspace before the user has seen the difference, nor write what was not tried, nor leave a
//! program with an error that it has made. A trial that cannot be made means that nothing is mended.

use std::path::PathBuf;

pub mod bodies;
pub mod fault;
pub mod flow;
pub mod judge;
pub mod mend;
pub mod patch;
pub mod phase;
pub mod project;
pub mod proposal;
pub mod rounds;
pub mod scratch;
pub mod suggest;
pub mod vcs;
pub mod words;

/// Why nothing was mended, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum FixError {
    #[error("cargo does not say what belongs to this workspace: {0}")]
    Metadata(String),
    #[error("`{0}` cannot be tried in a copy")]
    Word(String),
    #[error("{0} lies outside of the workspace {1}")]
    Outside(PathBuf, PathBuf),
    #[error("another command mends this workspace")]
    Busy,
    #[error("cargo fails in a copy of the workspace for another reason: {0}")]
    Copy(String),
    #[error("the errors do not appear when a copy of the workspace is checked")]
    NotThere,
    #[error("{} changed while the mend was tried", .0.display())]
    Edited(PathBuf),
    #[error("{0}")]
    Dirty(#[from] vcs::Dirty),
    #[error("nothing was mended in {0}")]
    NothingMended(PathBuf),
    #[error("not as the last mend has left it: {}", list(.0))]
    ChangedSince(Vec<PathBuf>),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    #[error("what is kept for `--undo` cannot be read or written: {0}")]
    Kept(#[from] serde_json::Error),
    #[error("{what} cannot be started: {cause}")]
    Start { what: PathBuf, cause: std::io::Error },
    /// The number of the signal.
    #[error("stopped")]
    Stopped(i32),
}

impl FixError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Copy(_) => Some("a build script may read files above the workspace, or files that `.git` holds".into()),
            Self::NotThere => Some("they come from linking or from code generation, which no check sees".into()),
            Self::Edited(_) => Some("nothing was written; run the command again".into()),
            Self::Dirty(dirty) => Some(dirty.hint()),
            Self::ChangedSince(_) => {
                Some("nothing was restored; what they were is in the version control system, if anywhere".into())
            }
            Self::Busy => Some("wait until it has ended".into()),
            Self::Metadata(_) => Some("`cargo metadata` says it in full".into()),
            Self::Word(_) => Some("leave it out, or mend without `--fix`".into()),
            Self::Outside(..) => Some("mends stay within one workspace; run the command in the other one".into()),
            Self::NothingMended(_) => Some("`--undo` takes back what `--fix` has changed in this workspace".into()),
            Self::Start { .. } => Some("it has to be there and allowed to run; `rustc-hyperopt doctor` looks for it".into()),
            Self::Io(_) | Self::Kept(_) | Self::Stopped(_) => None,
        }
    }
}

fn list(files: &[PathBuf]) -> String {
    files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(", ")
}
