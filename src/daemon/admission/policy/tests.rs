//! The policy with a clock and a machine that are made up.

use super::*;

const GB: u64 = 1_000_000_000;

fn at(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn ask(build: &str, bytes: u64) -> Ask {
    Ask { build: build.into(), bytes, limits: Limits::default(), background: false }
}

fn roomy() -> Machine {
    Machine { free: Some(1_000 * GB), ..Machine::default() }
}

fn free(bytes: u64) -> Machine {
    Machine { free: Some(bytes), ..Machine::default() }
}

#[test]
fn without_limits_and_with_room_everybody_goes() {
    let mut policy = Policy::default();
    let ids: Vec<Id> = (0..100).map(|n| policy.ask(ask(&format!("b{}", n % 3), GB), at(0))).collect();
    assert!(policy.admit(at(0), roomy()));
    assert!(ids.iter().all(|id| policy.is_running(*id)) && policy.waiting.is_empty());
    let mut unknown = Policy::default();
    let ids = [unknown.ask(ask("a", u64::MAX), at(0)), unknown.ask(ask("a", u64::MAX), at(0))];
    unknown.admit(at(0), Machine::default());
    assert!(ids.iter().all(|id| unknown.is_running(*id)), "where nothing is known of the machine, nothing is held back");
}

#[test]
fn somebody_always_goes() {
    let mut policy = Policy::default();
    let limits = Limits { jobs: Some(1), memory: Some(GB) };
    let pressed = Machine { free: Some(0), memory_pressure: 99.0, cpu_pressure: 99.0 };
    let huge = |build: &str, background| Ask { limits, background, ..ask(build, 100 * GB) };
    let mut left =
        vec![policy.ask(huge("a", false), at(0)), policy.ask(huge("b", true), at(0)), policy.ask(huge("b", false), at(0))];
    while !left.is_empty() {
        assert!(policy.admit(at(1), pressed));
        let running: Vec<Id> = policy.running().collect();
        assert_eq!(running.len(), 1, "and not two");
        left.retain(|id| *id != running[0]);
        policy.leave(running[0], at(1));
    }
}

#[test]
fn limits_are_kept() {
    let mut policy = Policy::default();
    let limits = Limits { jobs: Some(3), memory: None };
    for _ in 0..5 {
        policy.ask(Ask { limits, ..ask("a", GB) }, at(0));
    }
    policy.admit(at(0), roomy());
    assert_eq!(policy.running().count(), 3);

    let mut policy = Policy::default();
    let limits = Limits { jobs: None, memory: Some(10 * GB) };
    for _ in 0..5 {
        policy.ask(Ask { limits, ..ask("a", 4 * GB) }, at(0));
    }
    policy.admit(at(0), roomy());
    assert_eq!(policy.running().count(), 2);
    // One of them needs more than anybody knew, which leaves less for others.
    let first = policy.running().next().expect("one");
    policy.note_used(first, 9 * GB);
    policy.leave(policy.running().last().expect("two"), at(1));
    assert!(!policy.admit(at(1), roomy()));
    policy.note_used(first, GB);
    assert!(policy.admit(at(1), roomy()), "what it is known to need counts, but no more");
}

#[test]
fn what_is_spoken_for_is_not_free() {
    let mut policy = Policy::default();
    let ids: Vec<Id> = (0..3).map(|_| policy.ask(ask("a", 3 * GB), at(0))).collect();
    policy.admit(at(0), free(7 * GB));
    assert_eq!(policy.running().collect::<Vec<_>>(), ids[..2]);
    // The two have taken what they need; the machine has less for it.
    ids[..2].iter().for_each(|id| policy.note_used(*id, 3 * GB));
    assert!(!policy.admit(at(1), free(GB)));
    assert!(policy.admit(at(1), free(3 * GB)), "somebody else has given memory back");
    let mut stalled = Policy::default();
    for _ in 0..2 {
        stalled.ask(ask("a", 1), at(0));
    }
    stalled.admit(at(0), Machine { memory_pressure: 30.0, ..roomy() });
    assert_eq!(stalled.running().count(), 1, "a machine that stalls gets nobody on top");
}

#[test]
fn builds_take_turns() {
    let mut policy = Policy::default();
    let limits = Limits { jobs: Some(1), memory: None };
    let one = |build: &str| Ask { limits, ..ask(build, 1) };
    let mut whose = HashMap::new();
    // One build asks for twenty places before the others ask for three.
    for (build, n) in [("large", 20), ("b", 3), ("c", 3)] {
        for _ in 0..n {
            whose.insert(policy.ask(one(build), at(0)), build);
        }
    }
    let mut order = Vec::new();
    while !policy.waiting.is_empty() {
        policy.admit(at(0), roomy());
        let id = policy.running().next().expect("somebody goes");
        order.push(whose[&id]);
        policy.leave(id, at(0));
    }
    assert_eq!(order[..9].iter().filter(|b| **b == "large").count(), 3, "{order:?}");
    assert_eq!(order.len(), 26);
}

#[test]
fn a_large_one_is_not_passed_over_for_ever() {
    let mut policy = Policy::default();
    let limits = Limits { jobs: None, memory: Some(10 * GB) };
    let one = |build: &str, bytes| Ask { limits, ..ask(build, bytes) };
    let mut small = policy.ask(one("small", 3 * GB), at(0));
    policy.admit(at(0), roomy());
    let large = policy.ask(one("large", 9 * GB), at(0));
    let mut ended = None;
    // There is always another small one before the last has ended.
    for now in 0..60 {
        let next = policy.ask(one("small", 3 * GB), at(now));
        policy.admit(at(now), roomy());
        policy.leave(small, at(now));
        small = next;
        policy.admit(at(now), roomy());
        if policy.is_running(large) {
            ended = Some(now);
            break;
        }
    }
    assert!(ended.is_some_and(|now| now > 0 && now <= AGED.as_secs() + 2), "{ended:?}");
}

#[test]
fn what_nobody_waits_for_comes_last() {
    let mut policy = Policy::default();
    let limits = Limits { jobs: Some(1), memory: None };
    let background = policy.ask(Ask { limits, background: true, ..ask("warmup", 1) }, at(0));
    let foreground = policy.ask(Ask { limits, ..ask("a", 1) }, at(0));
    policy.admit(at(60), roomy());
    assert!(policy.is_running(foreground) && !policy.is_running(background));
    policy.leave(foreground, at(60));
    policy.admit(at(60), roomy());
    assert!(policy.is_running(background));

    let mut policy = Policy::default();
    policy.ask(ask("a", 1), at(0));
    policy.admit(at(0), roomy());
    policy.ask(Ask { background: true, ..ask("warmup", 1) }, at(0));
    assert!(!policy.admit(at(0), Machine { cpu_pressure: 80.0, ..roomy() }), "the processors are busy");
    assert!(policy.admit(at(0), roomy()));
}

#[test]
fn a_compiler_that_never_ends_stops_nobody() {
    let mut policy = Policy::default();
    let limits = Limits { jobs: Some(1), memory: None };
    let ids: Vec<Id> = (0..3).map(|_| policy.ask(Ask { limits, ..ask("a", 1) }, at(0))).collect();
    policy.admit(at(0), roomy());
    assert!(!policy.admit(PATIENCE - at(1), roomy()));
    assert!(policy.admit(PATIENCE, roomy()));
    assert_eq!(policy.running().collect::<Vec<_>>(), ids[..2], "one at a time");
    assert!(policy.admit(PATIENCE * 2, roomy()));
}

#[test]
fn whoever_goes_away_leaves_nothing_behind() {
    let mut policy = Policy::default();
    let limits = Limits { jobs: Some(1), memory: None };
    let ids: Vec<Id> = (0..3).map(|n| policy.ask(Ask { limits, ..ask(&format!("b{n}"), 1) }, at(0))).collect();
    policy.admit(at(0), roomy());
    policy.leave(ids[1], at(0));
    policy.leave(ids[0], at(0));
    policy.admit(at(0), roomy());
    assert_eq!(policy.running().collect::<Vec<_>>(), ids[2..]);
    policy.leave(ids[2], at(0));
    assert!(policy.turns.is_empty() && policy.waiting.is_empty());
}
