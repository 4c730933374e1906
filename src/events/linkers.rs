//! What one program's last link takes with each linker, as it was measured.
//!
//! It must never know how a link is done. A figure holds for the linker's version that it names, and for a program like the
//! one that was linked.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

/// A measurement of one program.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkTimes {
    /// [`crate::events::KnownUnit::id`]
    pub unit: String,
    /// The program's name.
    pub program: String,
    /// When it was measured, in seconds since 1970.
    pub at: u64,
    /// What rustc runs to link, and what it sets in its environment.
    pub driver: OsString,
    pub environment: Vec<(String, OsString)>,
    /// Whoever links without us comes first.
    pub linkers: Vec<LinkerTime>,
}

/// One linker. Times are those of the whole last step, C compiler included, in microseconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkerTime {
    /// The value of `[performance] linker` that leads to it.
    pub setting: String,
    /// What it says of itself, without what stands in parentheses.
    pub version: String,
    /// What makes the driver use it.
    pub select: Vec<OsString>,
    /// `auto` leads to it as well.
    pub is_auto: bool,
    pub median_us: u64,
    pub min_us: u64,
    pub max_us: u64,
    /// The program's size.
    pub bytes: u64,
    /// Why it is not used for this program.
    pub unusable: Option<String>,
}
