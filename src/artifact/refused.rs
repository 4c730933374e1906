//! The closed set of reasons why old metadata cannot stand around new objects, each with one sentence for people.
//!
//! Refusing is always right: it costs the recompilation of dependents and nothing else.

use serde::{Deserialize, Serialize};

use super::rlib::RlibError;

/// Which of two compiles of one unit is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Old,
    New,
}

/// Why old metadata cannot stand around new objects.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum Refused {
    /// Dependents may link to them.
    #[error("the new library lacks {count} symbol{s} that dependents may link to, such as {}", .examples.join(", "), s = if *.count == 1 { "" } else { "s" })]
    LostSymbols { count: usize, examples: Vec<String> },
    /// The old metadata does not tell dependents to link it.
    #[error("the crate uses `{0}` for the first time, which dependents do not know to link")]
    NewDependency(String),
    /// It has no `-C extra-filename` to search for.
    #[error("whether the crate uses `{0}` cannot be found out from its file's name")]
    UnsearchableDependency(String),
    /// Objects of native libraries came or went.
    #[error("the library carries other native objects than before (`{0}`)")]
    NativeMembers(String),
    /// An archive that rustc 1.95 would not write.
    #[error("the {side} library cannot be read: {detail}", side = word(*.side))]
    NotAnRlib { side: Side, detail: String },
    /// Metadata that rustc 1.95 would not write.
    #[error("the {} library's metadata is in an unknown format", word(*.0))]
    UnknownMetadata(Side),
    /// A file that went away, or the like.
    #[error("{0}")]
    Io(String),
}

fn word(side: Side) -> &'static str {
    match side {
        Side::Old => "old",
        Side::New => "new",
    }
}

impl Refused {
    /// The name alone, as statistics count it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LostSymbols { .. } => "lost-symbols",
            Self::NewDependency(_) | Self::UnsearchableDependency(_) => "new-dependency",
            Self::NativeMembers(_) => "native-members",
            Self::NotAnRlib { .. } | Self::UnknownMetadata(_) | Self::Io(_) => "not-readable",
        }
    }

    pub(super) fn not_an_rlib(side: Side, error: &RlibError) -> Self {
        Self::NotAnRlib { side, detail: error.to_string() }
    }
}
