//! Whether a build has done what its scenario says: a cache that did nothing must not look like one that is slow, nor one
//! that had nothing to do like one that is fast.
//!
//! Of us it is told by our own counters; of others by how often a compiler was started and what the build has cost, compared
//! with their own build with an empty cache. Both have to speak against it: compilers that others start on the machine are
//! counted as well, and what a cache does may cost as much as a small crate.

use super::scenario::Scenario;
use crate::events::Totals;

/// A cache that works spares more than the rest of the CPU time.
const SPARED: f64 = 0.8;

/// What is known of one build.
#[derive(Debug, Clone, Copy, Default)]
pub struct Evidence {
    /// Cargo has said that it compiles, or checks, something.
    pub dirty: bool,
    /// Packages, build scripts and programs that a clean build makes.
    pub units: u64,
    pub cost: Cost,
    /// The same of the tool's own build with an empty cache.
    pub cold: Option<Cost>,
    /// Our own counters.
    pub counted: Option<Counted>,
}

/// What a build has taken.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub compilers: Option<u64>,
    /// Seconds.
    pub cpu: f64,
}

/// Units, by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    pub restored: u64,
    pub compiled: u64,
}

impl Counted {
    /// What has been counted between two looks.
    pub fn between(before: &Totals, after: &Totals) -> Self {
        let restored = |t: &Totals| t.hit_count() + t.seeded;
        let compiled = |t: &Totals| t.miss_count() + t.bypass_count() - t.bypasses.get("not-a-compile").copied().unwrap_or(0);
        Self {
            restored: restored(after).saturating_sub(restored(before)),
            compiled: compiled(after).saturating_sub(compiled(before)),
        }
    }
}

/// Why the figure does not mean what the scenario says; nothing if it does. `is_cache` is false for plain cargo.
pub fn fault(scenario: Scenario, is_cache: bool, evidence: &Evidence) -> Option<String> {
    let Evidence { dirty, units, cost, cold, counted } = *evidence;
    if scenario == Scenario::NoOp {
        let compiled = counted.map_or(0, |c| c.compiled + c.restored);
        return (dirty || compiled > 0).then(|| "something was built".into());
    }
    if scenario.edit().is_some() {
        return (!dirty && counted.is_none_or(|c| c == Counted::default())).then(|| "the edit was not built".into());
    }
    if !is_cache {
        return None;
    }
    if let Some(Counted { restored, compiled }) = counted {
        return match scenario {
            Scenario::Cold if restored > compiled => Some(format!("{restored} of {} were restored", restored + compiled)),
            Scenario::Warm | Scenario::Other if restored <= compiled => {
                Some(format!("{compiled} of {} were compiled", restored + compiled))
            }
            _ => None,
        };
    }
    let cold = cold.filter(|cold| scenario.is_restore() && cost.cpu > cold.cpu * SPARED)?;
    let (now, before) = cost.compilers.zip(cold.compilers)?;
    let spared = before.saturating_sub(now);
    (spared * 2 < units).then(|| format!("compilers were started {now} times, {before} times when cold"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(restored: u64, compiled: u64) -> Evidence {
        let counted = Some(Counted { restored, compiled });
        Evidence { dirty: restored + compiled > 0, units: 10, counted, ..Evidence::default() }
    }

    fn theirs(now: u64, cpu: f64) -> Evidence {
        let cost = |compilers, cpu| Cost { compilers: Some(compilers), cpu };
        Evidence { dirty: true, units: 10, cost: cost(now, cpu), cold: Some(cost(22, 10.0)), counted: None }
    }

    #[test]
    fn a_cache_that_was_not_exercised_is_invalid() {
        use Scenario::{Cold, NoOp, Other, PrivateFn, Warm};
        let none = Evidence { units: 10, ..Evidence::default() };
        let dirty = Evidence { dirty: true, ..none };
        let cases = [
            (Cold, true, ours(0, 10), true),
            (Cold, true, ours(10, 0), false),
            (Warm, true, ours(9, 1), true),
            (Other, true, ours(0, 10), false),
            (Other, true, ours(0, 0), false),
            (Other, true, theirs(12, 9.0), true),
            (Other, true, theirs(21, 4.0), true),
            (Other, true, theirs(21, 9.0), false),
            (Other, false, dirty, true),
            (NoOp, false, none, true),
            (NoOp, false, dirty, false),
            (NoOp, true, ours(1, 0), false),
            (PrivateFn, true, ours(1, 1), true),
            (PrivateFn, false, dirty, true),
            (PrivateFn, false, none, false),
            (PrivateFn, true, ours(0, 0), false),
        ];
        for (scenario, is_cache, evidence, is_valid) in cases {
            let fault = fault(scenario, is_cache, &evidence);
            assert_eq!(fault.is_none(), is_valid, "{scenario} {evidence:?}: {fault:?}");
        }
    }
}
