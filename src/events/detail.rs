//! Sums over events, by crate: what each kind of hit has saved, what each reason of a miss has cost.
//!
//! Time that was saved is what the compile of the very unit took that made the result, as it was recorded then.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{HitKind, Outcome};

/// Of results of one kind that were restored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gain {
    pub count: u64,
    /// Recorded compile time, minus the time it took to restore it.
    pub saved_ms: u64,
    pub bytes: u64,
}

/// Of compiles for one reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    pub count: u64,
    pub compile_ms: u64,
}

/// What happened to all units of one crate since the last reset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrateTotals {
    pub hits: BTreeMap<HitKind, Gain>,
    /// By [`super::Reason::name`].
    pub misses: BTreeMap<String, Loss>,
    /// By [`crate::rustc::WhyNot::name`].
    pub bypasses: BTreeMap<String, u64>,
}

/// How good guesses were, since the last reset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Predictions {
    /// Units that were put in place before a build and belong to what it was made of, and those that do not. Counted when a
    /// build is taken in, so not for those of which it was known beforehand what they need.
    pub seeds_used: u64,
    pub seeds_idle: u64,
    /// Units whose incremental state was made ahead, and that were compiled afterwards by the same background process.
    pub states_used: u64,
}

impl CrateTotals {
    /// Adds what became of one of its units.
    pub fn add(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Hit { kind, saved_ms, took_ms, bytes } => {
                let gain = Gain { count: 1, saved_ms: saved_ms.saturating_sub(*took_ms), bytes: *bytes };
                self.hits.entry(*kind).or_default().add(&gain);
            }
            Outcome::Miss { reason, compile_ms, .. } => {
                self.misses.entry(reason.name()).or_default().add(&Loss { count: 1, compile_ms: *compile_ms });
            }
            Outcome::Bypass { why } => *self.bypasses.entry(why.name().into()).or_default() += 1,
            Outcome::Seeded { .. } => {}
        }
    }
}

impl Gain {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.saved_ms += other.saved_ms;
        self.bytes += other.bytes;
    }
}

impl Loss {
    /// Adds others.
    pub fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.compile_ms += other.compile_ms;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{CutOff, Reason};

    #[test]
    fn what_is_counted_is_what_was_recorded() {
        let mut totals = CrateTotals::default();
        totals.add(&Outcome::Hit { kind: HitKind::Semantic, saved_ms: 100, took_ms: 10, bytes: 7 });
        totals.add(&Outcome::Hit { kind: HitKind::Semantic, saved_ms: 5, took_ms: 10, bytes: 1 });
        totals.add(&Outcome::Miss { reason: Reason::FirstSeen, cut_off: CutOff::NotTried, compile_ms: 30 });
        assert_eq!(totals.hits, [(HitKind::Semantic, Gain { count: 2, saved_ms: 90, bytes: 8 })].into());
        assert_eq!(totals.misses, [("first-seen".into(), Loss { count: 1, compile_ms: 30 })].into());
    }
}
