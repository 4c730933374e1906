//! The counters of each crate as rows, and summed up by kind and by reason.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::events::{CrateTotals, Gain, Loss};

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
    /// Put back.
    #[serde(default)]
    pub restored_bytes: u64,
    /// By kind of hit, reason of a miss, and reason why it was not looked up.
    #[serde(default)]
    pub by_kind: BTreeMap<String, Gain>,
    #[serde(default)]
    pub by_reason: BTreeMap<String, Loss>,
    #[serde(default)]
    pub by_bypass: BTreeMap<String, u64>,
}

/// One row a crate, the most expensive first (compiled or saved), names deciding between equals.
pub fn rows(crates: &BTreeMap<String, CrateTotals>) -> Vec<CrateRow> {
    let row = |(name, totals): (&String, &CrateTotals)| {
        let (gain, loss) = sums(totals);
        CrateRow {
            name: name.clone(),
            hits: gain.count,
            misses: loss.count,
            bypasses: totals.bypasses.values().sum(),
            compile_ms: loss.compile_ms,
            saved_ms: gain.saved_ms,
            restored_bytes: gain.bytes,
            by_kind: totals.hits.iter().map(|(kind, gain)| (kind.name().to_owned(), *gain)).collect(),
            by_reason: totals.misses.clone(),
            by_bypass: totals.bypasses.clone(),
        }
    };
    let mut rows: Vec<_> = crates.iter().map(row).collect();
    rows.sort_by_key(|r| std::cmp::Reverse(r.compile_ms + r.saved_ms));
    rows
}

/// Every kind of hit of all rows.
pub fn by_kind(rows: &[CrateRow]) -> BTreeMap<String, Gain> {
    let mut all: BTreeMap<String, Gain> = BTreeMap::new();
    for (kind, gain) in rows.iter().flat_map(|r| &r.by_kind) {
        all.entry(kind.clone()).or_default().add(gain);
    }
    all
}

/// Every reason of a miss of all rows.
pub fn by_reason(rows: &[CrateRow]) -> BTreeMap<String, Loss> {
    let mut all: BTreeMap<String, Loss> = BTreeMap::new();
    for (reason, loss) in rows.iter().flat_map(|r| &r.by_reason) {
        all.entry(reason.clone()).or_default().add(loss);
    }
    all
}

fn sums(totals: &CrateTotals) -> (Gain, Loss) {
    let (mut gain, mut loss) = (Gain::default(), Loss::default());
    totals.hits.values().for_each(|g| gain.add(g));
    totals.misses.values().for_each(|l| loss.add(l));
    (gain, loss)
}
