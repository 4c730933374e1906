//! Counters and history.

use super::*;
use crate::{
    events::{CutOff, HitKind, Loss, Outcome, Reason, UnitEvent},
    fingerprint::explain::{Change, How},
    rustc::WhyNot,
};

fn event(n: u64) -> UnitEvent {
    let outcome = match n % 4 {
        0 => Outcome::Hit { kind: HitKind::Exact, saved_ms: 10, took_ms: 1, bytes: 5 },
        1 => Outcome::Miss {
            reason: Reason::Changed(vec![Change { part: Part::Source, name: "src/lib.rs".into(), how: How::Changed }]),
            cut_off: CutOff::Grafted,
            compile_ms: 7,
        },
        2 => Outcome::Miss { reason: Reason::FirstSeen, cut_off: CutOff::NotTried, compile_ms: 7 },
        _ => Outcome::Bypass { why: WhyNot::Secret("TOKEN".into()) },
    };
    UnitEvent {
        at: n,
        session: "s".into(),
        crate_name: format!("c{}", n % 2),
        unit: "u".into(),
        outcome,
        tools: Default::default(),
    }
}

#[test]
fn they_survive_a_restart_and_the_oldest_events_go() {
    let dir = temp();
    let store = open(&dir);
    (0..2_100).for_each(|n| store.record(event(n)));
    store.trouble("place-failed");
    store.count_units(|units| {
        units.build(5);
        units.left_out("location", "x-1");
    });
    let units = store.unit_totals();
    store.count_predictions(|p| p.seeds_used += 3);
    let (totals, since) = (store.totals(), store.since());
    assert_eq!((totals.hit_count(), totals.miss_count(), totals.bypass_count()), (525, 1_050, 525));
    assert_eq!(store.events(3, |_| true), [2_099, 2_098, 2_097].map(event), "also those not yet written");
    drop(store);
    let store = open(&dir);
    assert_eq!((store.totals(), store.unit_totals()), (totals, units));
    assert_eq!(store.since(), since);
    let crates = store.crate_totals();
    let gains = crates.values().flat_map(|c| c.hits.values());
    assert_eq!(gains.fold((0, 0, 0), |sum, g| (sum.0 + g.count, sum.1 + g.saved_ms, sum.2 + g.bytes)), (525, 4_725, 2_625));
    assert_eq!(crates["c1"].misses["source-changed"], Loss { count: 525, compile_ms: 3_675 });
    assert_eq!((crates.len(), store.predictions().seeds_used), (2, 3));
    store.record(event(2_100));
    store.flush_stats().expect("written");
    let all = store.events(usize::MAX, |_| true);
    assert_eq!(all.len(), 2_000);
    assert_eq!((all.first(), all.last()), (Some(&event(2_100)), Some(&event(101))));
    assert_eq!(store.events(2, |e| e.crate_name == "c1"), [event(2_099), event(2_097)]);
}

#[test]
fn a_reset_clears_the_counters_and_keeps_the_history() {
    let dir = temp();
    let store = open(&dir);
    (0..40).for_each(|n| store.record(event(n)));
    store.count_units(|units| units.build(5));
    store.reset_stats();
    assert!(store.totals().is_empty() && store.unit_totals().is_empty());
    drop(store);
    let store = open(&dir);
    assert!(store.totals().is_empty() && store.unit_totals().is_empty() && store.crate_totals().is_empty());
    assert_eq!(store.events(usize::MAX, |_| true).len(), 40);
    assert_eq!(store.notices(), []);
}
