//! Sums over events.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CutOff, HitKind, Outcome, UnitEvent};

/// Counters since the last reset, or of one build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub hits: BTreeMap<HitKind, u64>,
    /// Misses by [`super::Reason::name`].
    pub misses: BTreeMap<String, u64>,
    /// Bypasses by [`crate::rustc::WhyNot::name`].
    pub bypasses: BTreeMap<String, u64>,
    /// Compiles of which dependents need not know, and why they had to, by [`super::Refusal::name`] (`grafted` for the former).
    pub cut_offs: BTreeMap<String, u64>,
    /// Recorded compile time of what was restored, minus the time it took to restore it.
    pub saved_ms: u64,
    /// Time in compilers.
    pub compile_ms: u64,
    /// Bytes put back.
    pub restored_bytes: u64,
    /// Units that were put in place before cargo began.
    pub seeded: u64,
    /// Time that took.
    pub seed_ms: u64,
    /// Units that could not be put in place, by reason.
    pub not_seeded: BTreeMap<String, u64>,
    /// Times something went wrong without harm, by name: `place-failed`, `publish-failed`, `damaged-blob`, …
    pub troubles: BTreeMap<String, u64>,
    /// Compiles that waited for a place, and for how long.
    pub waited: u64,
    pub waited_ms: u64,
    /// What was linked, compiled or not, by who linked it.
    pub linkers: BTreeMap<String, u64>,
}

impl Totals {
    /// Adds one event.
    pub fn add(&mut self, event: &UnitEvent) {
        let made = matches!(event.outcome, Outcome::Miss { .. } | Outcome::Hit { kind: HitKind::Relinked, .. });
        if let Some(linker) = event.tools.linker.as_ref().filter(|_| made) {
            *self.linkers.entry(linker.clone()).or_default() += 1;
        }
        match &event.outcome {
            Outcome::Hit { kind, saved_ms, took_ms, bytes } => {
                *self.hits.entry(*kind).or_default() += 1;
                self.saved_ms += saved_ms.saturating_sub(*took_ms);
                self.restored_bytes += bytes;
            }
            Outcome::Miss { reason, cut_off, compile_ms } => {
                *self.misses.entry(reason.name()).or_default() += 1;
                match cut_off {
                    CutOff::NotTried => {}
                    CutOff::Grafted => *self.cut_offs.entry("grafted".into()).or_default() += 1,
                    CutOff::Refused(why) => *self.cut_offs.entry(why.name().into()).or_default() += 1,
                }
                self.compile_ms += compile_ms;
            }
            Outcome::Seeded { units, bytes, took_ms, saved_ms, left_out } => {
                self.saved_ms += saved_ms.saturating_sub(*took_ms);
                self.seeded += units;
                self.seed_ms += took_ms;
                self.restored_bytes += bytes;
                left_out.iter().for_each(|(why, n)| *self.not_seeded.entry(why.clone()).or_default() += n);
            }
            Outcome::Bypass { why } => *self.bypasses.entry(why.name().into()).or_default() += 1,
        }
    }

    /// Counts a trouble.
    pub fn trouble(&mut self, name: &str) {
        *self.troubles.entry(name.into()).or_default() += 1;
    }

    /// All hits.
    pub fn hit_count(&self) -> u64 {
        self.hits.values().sum()
    }

    /// All misses.
    pub fn miss_count(&self) -> u64 {
        self.misses.values().sum()
    }

    /// All bypasses.
    pub fn bypass_count(&self) -> u64 {
        self.bypasses.values().sum()
    }

    /// Nothing was counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
