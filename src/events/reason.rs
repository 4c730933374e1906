//! Why a lookup missed: a closed set, so that "unknown" cannot happen.

use serde::{Deserialize, Serialize};

use crate::fingerprint::explain::Change;

/// Why a result had to be compiled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// This unit (crate, kind, version) was never compiled through this store.
    FirstSeen,
    /// Compared with the most similar earlier compile, these components differ. Never empty.
    Changed(Vec<Change>),
    /// Everything was the same, but the result was removed to make room or was never stored.
    NotStored,
    /// The result was there, but its bytes were damaged or gone; it has been set aside.
    Damaged,
}

impl Reason {
    /// The reason's name, as statistics count it: the first change's kind for [`Reason::Changed`].
    pub fn name(&self) -> String {
        match self {
            Self::FirstSeen => "first-seen".into(),
            Self::NotStored => "not-stored".into(),
            Self::Damaged => "damaged".into(),
            Self::Changed(changes) => match changes.first() {
                Some(c) => {
                    serde_json::to_value(c.part).ok().and_then(|v| v.as_str().map(|s| format!("{s}-changed"))).unwrap_or_default()
                }
                None => "not-stored".into(),
            },
        }
    }

    /// One sentence for people, lower-case, at most three changes named.
    pub fn sentence(&self) -> String {
        match self {
            Self::FirstSeen => "it was never compiled through this cache before".into(),
            Self::NotStored => {
                "nothing changed, but its result is not in the cache (removed to make room, or never stored)".into()
            }
            Self::Damaged => "its stored result was damaged and has been set aside".into(),
            Self::Changed(changes) => {
                let mut text = changes.iter().take(3).map(Change::sentence).collect::<Vec<_>>().join("; ");
                if changes.len() > 3 {
                    text.push_str(&format!("; and {} more", changes.len() - 3));
                }
                text
            }
        }
    }
}
