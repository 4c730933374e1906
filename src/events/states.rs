//! What became of incremental state.

use serde::{Deserialize, Serialize};

/// Counters since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTotals {
    /// Units whose state was taken into the store.
    pub kept: u64,
    /// Units that got it back before they were compiled.
    pub placed: u64,
    /// Units that were compiled again in the background, for their state alone.
    pub primed: u64,
    /// Wall-clock milliseconds of that, also of what was broken off.
    pub primed_ms: u64,
}

impl StateTotals {
    /// Nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
