//! The manifest of one action: outputs by declared name, the compiler's messages, what it cost, what it needs.

use serde::{Deserialize, Serialize};

use crate::base::{digest::Digest, names::OutputName};

/// What one compile produced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// `name version kind`, for people.
    pub unit: String,
    pub outputs: Vec<Output>,
    /// Standard output and error with placeholders for paths.
    #[serde(with = "serde_bytes")]
    pub stdout: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub stderr: Vec<u8>,
    /// File names (without directory) of the crates given by `--extern`: the first step of the closure that a link reads.
    pub externs: Vec<String>,
    pub cost: Cost,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The name below `--out-dir`.
    pub name: OutputName,
    /// `dep-info`, `metadata` or `link`.
    pub emit: String,
    pub content: Content,
    /// Bytes.
    pub len: u64,
    pub executable: bool,
    /// No tool writes into this kind of file in place, so it may share an inode with the store.
    pub linkable: bool,
}

/// Where the bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Small and free of paths.
    Inline(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Text with placeholders for paths.
    Relocatable(#[serde(with = "serde_bytes")] Vec<u8>),
    /// A blob of the store.
    Blob(Digest),
}

impl Content {
    /// The blob, if it is one.
    pub fn blob(&self) -> Option<Digest> {
        match self {
            Self::Blob(digest) => Some(*digest),
            Self::Inline(_) | Self::Relocatable(_) => None,
        }
    }
}

impl Manifest {
    /// The blobs that its outputs consist of.
    pub fn blobs(&self) -> impl Iterator<Item = Digest> {
        self.outputs.iter().filter_map(|o| o.content.blob())
    }

    /// Bytes of all outputs.
    pub fn size(&self) -> u64 {
        self.outputs.iter().map(|o| o.len).sum()
    }
}

/// What the compile cost, as measured by the wrapper around it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall-clock milliseconds.
    pub wall_ms: u64,
    /// User and system milliseconds of the compiler and its children.
    pub cpu_ms: u64,
    /// Peak resident set of any one of them, in KiB.
    pub max_rss_kib: u64,
}
