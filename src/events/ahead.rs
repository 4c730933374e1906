//! What was compiled before anybody has asked for it, and what of that was asked for.

use serde::{Deserialize, Serialize};

/// Counters since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AheadTotals {
    /// Commands that were run ahead to their end.
    pub runs: u64,
    /// Those that were broken off, because something had changed or somebody was building.
    pub cut_short: u64,
    /// CPU time of both, in milliseconds.
    pub cpu_ms: u64,
    /// Units that were compiled, and how long their compilers took.
    pub units: u64,
    pub units_ms: u64,
    /// Units among them that a build has used, each counted once, and how long their compilers had taken.
    pub used: u64,
    pub used_ms: u64,
}

impl AheadTotals {
    /// Nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
