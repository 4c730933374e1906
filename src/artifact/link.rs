//! A link that can be done again: what rustc told the linker, with the objects that it had made for it.
//!
//! It must never know where objects are kept or what they were made from.

use serde::{Deserialize, Serialize};

use super::{Content, Cost, Output};
use crate::base::{digest::Digest, names::OutputName};

/// A recorded link of one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkRecord {
    /// The program that links, as rustc names it.
    #[serde(with = "serde_bytes")]
    pub program: Vec<u8>,
    pub words: Vec<Word>,
    /// What rustc sets in the linker's environment.
    pub environment: Vec<(String, Value)>,
    /// Objects of the unit itself.
    pub objects: Vec<Object>,
    /// The program that is made.
    pub output: OutputName,
    /// What else the compile has made: dependency information, always small.
    pub others: Vec<Output>,
    /// Standard output and error with placeholders for paths.
    #[serde(with = "serde_bytes")]
    pub stdout: Vec<u8>,
    #[serde(with = "serde_bytes")]
    pub stderr: Vec<u8>,
    /// What the whole compile cost.
    pub cost: Cost,
}

/// One argument of the linker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Word {
    /// With placeholders for places.
    Text(#[serde(with = "serde_bytes")] Vec<u8>),
    /// One of the unit's own objects.
    Object(u32),
    /// The file of a crate behind the unit, by its name.
    Crate(String),
    /// An empty directory below the temporary one.
    Directory(OutputName),
    /// The program that is made.
    Output,
    /// Where the C compiler finds the linker that the configuration names.
    Linker,
}

/// The value of a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    /// Whatever the environment of the build says.
    Set(#[serde(with = "serde_bytes")] Vec<u8>),
    /// In front of what the environment of the build says.
    Before(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// An object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    pub name: OutputName,
    pub content: Content,
}

impl LinkRecord {
    /// The blobs that it needs.
    pub fn blobs(&self) -> impl Iterator<Item = Digest> {
        self.objects.iter().filter_map(|o| o.content.blob())
    }
}
