//! Events summed up by crate.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::events::{Outcome, UnitEvent};

/// What happened to one crate, all its units taken together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrateRow {
    pub name: String,
    pub hits: u64,
    pub misses: u64,
    pub bypasses: u64,
    /// Time in the compiler.
    pub compile_ms: u64,
    /// Compile time of what was restored.
    pub saved_ms: u64,
}

/// One row a crate, the most expensive first (compiled or saved), names deciding between equals.
pub fn rows(events: &[UnitEvent]) -> Vec<CrateRow> {
    let mut by_name: BTreeMap<&str, CrateRow> = BTreeMap::new();
    for event in events.iter().filter(|e| !matches!(e.outcome, Outcome::Seeded { .. })) {
        let row = by_name.entry(&event.crate_name).or_default();
        match &event.outcome {
            Outcome::Hit { saved_ms, took_ms, .. } => {
                row.hits += 1;
                row.saved_ms += saved_ms.saturating_sub(*took_ms);
            }
            Outcome::Miss { compile_ms, .. } => {
                row.misses += 1;
                row.compile_ms += compile_ms;
            }
            Outcome::Bypass { .. } => row.bypasses += 1,
            Outcome::Seeded { .. } => {}
        }
    }
    let mut rows: Vec<_> = by_name.into_iter().map(|(name, row)| CrateRow { name: name.into(), ..row }).collect();
    rows.sort_by_key(|r| std::cmp::Reverse(r.compile_ms + r.saved_ms));
    rows
}
