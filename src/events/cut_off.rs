//! What became of the attempt to spare a compile, or the compiles that follow from it, by what an edit means.

use serde::{Deserialize, Serialize};

use crate::artifact::refused::Refused;

/// Whether dependents have to know that a crate was compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutOff {
    /// There was nothing to spare: nobody depends on the unit, or something else than its sources differs.
    #[default]
    NotTried,
    /// Its dependents see what they were compiled against: the edit is invisible to them.
    Grafted,
    /// They have to be compiled again.
    Refused(Refusal),
}

/// Why an edit could not be seen through: a closed set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// `ai.semantic_analysis` is off, here or in the project.
    SwitchedOff,
    /// A compiler flag moves code across crates, or makes the compiler look at more than tokens.
    Flag(String),
    /// An optimised build without incremental compilation: the compiler has exported something else.
    Optimised,
    /// The file counts as it stands, and why.
    AsItStands { file: String, why: String },
    /// Something that other crates see or compile again for themselves has changed in this file.
    Interface { file: String },
    /// Only positions have changed in this file, but other crates carry them.
    Moved { file: String },
    /// The new files do not fit the old metadata.
    Artifacts(Refused),
    /// No earlier result of the kind is left to compare with.
    NothingLeft,
}

impl Refusal {
    /// The name alone, as statistics count it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::SwitchedOff => "switched-off",
            Self::Flag(_) => "flag",
            Self::Optimised => "optimised",
            Self::AsItStands { .. } => "as-it-stands",
            Self::Interface { .. } => "interface",
            Self::Moved { .. } => "moved",
            Self::Artifacts(refused) => refused.name(),
            Self::NothingLeft => "nothing-left",
        }
    }

    /// One clause for people, lower-case.
    pub fn sentence(&self) -> String {
        match self {
            Self::SwitchedOff => "`ai.semantic_analysis` is off".into(),
            Self::Flag(flag) => format!("`{flag}` may carry code from one crate into another"),
            Self::Optimised => {
                "in an optimised build without incremental compilation the compiler may inline any function elsewhere, and what it \
                 exports has changed"
                    .into()
            }
            Self::AsItStands { file, why } => format!("`{file}` counts byte for byte: {why}"),
            Self::Interface { file } => format!(
                "the edit of `{file}` is not confined to bodies of functions that only this crate compiles (a signature, a type, a \
                 constant, a macro, or generic or inline code)"
            ),
            Self::Moved { file } => {
                format!("lines of `{file}` that dependents carry, in panics or debug information, have moved (`ai.line_drift`)")
            }
            Self::Artifacts(refused) => refused.to_string(),
            Self::NothingLeft => "no earlier result is left to compare with".into(),
        }
    }
}
