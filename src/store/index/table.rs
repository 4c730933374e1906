//! The tables, and changes to them that are made together.
//!
//! It must never know what the values mean.

use serde::Serialize;

use crate::artifact::record::encode;

/// The column families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Invocations,
    Inputs,
    Actions,
    Digests,
    Blobs,
    Externs,
    Facts,
    Meanings,
    Interfaces,
    Units,
    Uses,
    Stats,
    Commands,
    Claims,
    Packages,
    Lists,
    Meta,
    Timings,
    Mends,
}

impl Table {
    /// All of them.
    pub const ALL: [Self; 19] = [
        Self::Invocations,
        Self::Inputs,
        Self::Actions,
        Self::Digests,
        Self::Blobs,
        Self::Externs,
        Self::Facts,
        Self::Meanings,
        Self::Interfaces,
        Self::Units,
        Self::Uses,
        Self::Stats,
        Self::Commands,
        Self::Claims,
        Self::Packages,
        Self::Lists,
        Self::Meta,
        Self::Timings,
        Self::Mends,
    ];

    /// The column family's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Invocations => "invocations",
            Self::Inputs => "inputs",
            Self::Actions => "actions",
            Self::Digests => "digests",
            Self::Blobs => "blobs",
            Self::Externs => "externs",
            Self::Facts => "facts",
            Self::Meanings => "meanings",
            Self::Interfaces => "interfaces",
            Self::Units => "units",
            Self::Uses => "uses",
            Self::Stats => "stats",
            Self::Commands => "commands",
            Self::Claims => "claims",
            Self::Packages => "packages",
            Self::Lists => "lists",
            Self::Meta => "meta",
            Self::Timings => "timings",
            Self::Mends => "mends",
        }
    }
}

/// Several changes that happen together or not at all.
#[derive(Default)]
pub struct Changes(pub(super) Vec<(Table, Vec<u8>, Option<Vec<u8>>)>);

impl Changes {
    /// Sets a value.
    pub fn put<T: Serialize>(&mut self, table: Table, key: &[u8], value: &T) -> &mut Self {
        self.0.push((table, key.to_vec(), Some(encode(value))));
        self
    }

    /// Removes a value.
    pub fn delete(&mut self, table: Table, key: &[u8]) -> &mut Self {
        self.0.push((table, key.to_vec(), None));
        self
    }
}
