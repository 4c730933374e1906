//! What goes into the engine and what comes out of it; these types also travel on the wire.

use std::{ffi::OsString, os::unix::ffi::OsStringExt};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::base::{clock::Nanos, digest::Digest, env::EnvSnapshot, fs::FileSig, names::OutputName};

/// An invocation as the wrapper received it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// The compiler as cargo named it.
    pub compiler: OsString,
    /// Its arguments as bytes (for clippy, without the path of rustc that precedes them).
    pub args: Vec<ByteBuf>,
    pub cwd: OsString,
    /// Without the values of secrets.
    pub env: EnvSnapshot,
    pub umask: u32,
}

impl Query {
    /// The arguments as the operating system has them.
    pub fn os_args(&self) -> Vec<OsString> {
        self.args.iter().map(|a| OsString::from_vec(a.to_vec())).collect()
    }
}

/// What to put where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Absolute.
    pub out_dir: OsString,
    pub outputs: Vec<Restore>,
    #[serde(with = "serde_bytes")]
    pub stdout: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub stderr: Vec<u8>,
}

/// One output to put back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    pub name: OutputName,
    pub source: Source,
    /// Before the umask.
    pub mode: u32,
}

/// Incremental state to put in place before a compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Absolute; the directory above it may not be there.
    pub crate_dir: OsString,
    /// The name of the directory below that.
    pub session: OutputName,
    pub files: Vec<Restore>,
}

/// Where an output's bytes come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    Bytes(#[serde(with = "serde_bytes")] Vec<u8>),
    /// A file of the store, what it must look like, and how it may be placed.
    Blob {
        path: OsString,
        digest: Digest,
        sig: FileSig,
        reflink: bool,
        link: bool,
    },
}

/// A finished compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compiled {
    pub outputs: Vec<Made>,
    #[serde(with = "serde_bytes")]
    pub stdout: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub stderr: Vec<u8>,
    pub wall_ms: u64,
    pub cpu_ms: u64,
    pub max_rss_kib: u64,
    /// From the start until the compiler said that there is metadata.
    pub rmeta_ms: Option<u64>,
    /// When the compiler was started, by the clock of file times.
    pub started: Nanos,
    /// The name of a secret variable whose value is in one of the outputs.
    pub secret: Option<String>,
    pub linked: Linked,
}

/// How a program came about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Linked {
    /// As ever, if it is a program at all.
    Plainly,
    /// By a linker that was watched; this directory holds what it was given, and is the receiver's to remove.
    Recorded(OsString),
    /// Only the last step was done, in so many milliseconds; time and memory are those of the recorded compile.
    Again { took_ms: u64 },
}

/// One file that the compiler said it has written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    pub name: OutputName,
    /// `dep-info`, `metadata` or `link`.
    pub emit: String,
    pub sig: FileSig,
}
