//! A compiler's incremental state of one unit in one working directory, as it stands in the index.
//!
//! The compiler validates what is in the files; here they have names, lengths and contents.

use serde::{Deserialize, Serialize};

use super::Content;
use crate::base::{digest::Digest, names::OutputName};

/// One session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateRecord {
    /// The directory below the incremental directory.
    pub crate_dir: OutputName,
    /// The directory below that.
    pub session: OutputName,
    pub files: Vec<StateFile>,
}

/// One file of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFile {
    pub name: OutputName,
    pub content: Content,
    /// Bytes.
    pub len: u64,
}

impl StateRecord {
    /// The blobs that its files consist of.
    pub fn blobs(&self) -> impl Iterator<Item = Digest> {
        self.files.iter().filter_map(|f| f.content.blob())
    }
}
