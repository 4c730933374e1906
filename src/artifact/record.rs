//! How values are written into the index: one version byte, then postcard.
//!
//! A value of another version, or one that does not decode, reads as nothing (a miss); it is never rewritten in place.

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{LinkRecord, Manifest, StateRecord, StoredMember, StoredUnit};
use crate::{base::digest::Digest, rustc::WhyNot};

/// The format of everything in the index. Raised whenever a stored type changes.
pub const FORMAT: u8 = 7;

/// Encodes a value.
pub fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    // Writing to memory cannot fail, and no stored type has a serialiser of its own that could.
    postcard::to_extend(value, vec![FORMAT]).unwrap_or_default()
}

/// Decodes a value; `None` if it is of another version or damaged.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    match bytes.split_first() {
        Some((&FORMAT, rest)) => postcard::from_bytes(rest).ok(),
        _ => None,
    }
}

/// What stands under an action key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// The result.
    Done(Manifest),
    /// The result depends on something that is not in the key: look again under the key extended by it.
    Split(Split),
    /// What this compile makes is never kept.
    Refused(WhyNot),
    /// The last step of a compile, to be done again. Stands under a link key, never under an action key.
    Link(Box<LinkRecord>),
    /// A unit of a target directory. Stands under its own name, never under an action key.
    Unit(Box<StoredUnit>),
    /// Incremental state. Stands under a key of its own, never under an action key.
    State(Box<StateRecord>),
    /// A unit of somebody's own sources. Stands under its own name, never under an action key.
    Member(Box<StoredMember>),
}

/// What an action key must be extended by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The working directory's path is baked into the outputs.
    pub cwd: bool,
    /// `OUT_DIR`'s path is baked into the outputs.
    pub build_out: bool,
    /// Diagnostics were laid out for the terminal's width.
    pub width: bool,
}

impl Action {
    /// The blobs that it names.
    pub fn blobs(&self) -> Vec<Digest> {
        match self {
            Self::Done(manifest) => manifest.blobs().collect(),
            Self::Link(link) => link.blobs().collect(),
            Self::Unit(unit) => unit.blobs().collect(),
            Self::State(state) => state.blobs().collect(),
            Self::Member(member) => member.unit.blobs().collect(),
            Self::Split(_) | Self::Refused(_) => Vec::new(),
        }
    }
}

impl Split {
    /// Whether anything is to be added.
    pub fn any(self) -> bool {
        self.cwd || self.build_out || self.width
    }
}

/// What stands under an invocation key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvocationRecord {
    /// Keys of recorded input sets, the newest first.
    pub input_sets: Vec<Digest>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_and_damage_read_as_nothing() {
        let bytes = encode(&InvocationRecord { input_sets: vec![Digest::of(b"x")] });
        assert!(decode::<InvocationRecord>(&bytes).is_some());
        let mut newer = bytes.clone();
        newer[0] = FORMAT + 1;
        assert_eq!(decode::<InvocationRecord>(&newer), None);
        assert_eq!(decode::<InvocationRecord>(&bytes[..bytes.len() - 1]), None);
        assert_eq!(decode::<InvocationRecord>(&[]), None);
    }
}
