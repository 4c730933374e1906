//! Builds and what is remembered of units.

use std::path::Path;

use super::*;
use crate::events::{BuildHead, Deed, KnownUnit, Spent, UnitRun};

fn head(name: &str) -> BuildHead {
    BuildHead { name: name.into(), target: "/p/target".into(), started: 1_000_000_000, ..BuildHead::default() }
}

fn run(id: &str, wall_ms: u64) -> UnitRun {
    let spent = Some(Spent { wall_ms, cpu_ms: wall_ms, ..Spent::default() });
    UnitRun { id: id.into(), start: 100, end: 100 + 1_000_000 * i64::try_from(wall_ms).expect("small"), deed: Deed::Ran, spent }
}

fn unit(id: &str, at: u64) -> KnownUnit {
    KnownUnit { id: id.into(), package: "p".into(), at, ..KnownUnit::default() }
}

#[test]
fn the_newest_twenty_of_each_directory_survive_a_restart() {
    let dir = temp();
    let store = open(&dir);
    for n in 0..25 {
        store.note_timing(&head(&format!("s{n}")), run("a", n), None, true);
    }
    let other = BuildHead { target: "/q/target".into(), ..head("s3") };
    store.note_timing(&other, run("b", 1), None, true);
    drop(store);
    let store = open(&dir);
    let names: Vec<String> = store.builds(Path::new("/p/target")).into_iter().map(|b| b.head.name).collect();
    let expected: Vec<String> = (5..25).rev().map(|n| format!("s{n}")).collect();
    assert_eq!(names, expected);
    assert_eq!(store.builds(Path::new("/q/target")).len(), 1);
    assert_eq!(store.timed_targets(), ["/q/target", "/p/target"].map(std::ffi::OsString::from));
    assert_eq!(store.builds(Path::new("/p")).len(), 0, "not a prefix of paths");
}

#[test]
fn a_build_goes_on_after_a_restart() {
    let dir = temp();
    let store = open(&dir);
    store.note_timing(&head("s"), run("a", 1), None, true);
    drop(store);
    let store = open(&dir);
    let known_by_now = BuildHead { root: "/p".into(), command: "check".into(), started: 500_000_000, ..head("s") };
    store.note_timing(&known_by_now, run("b", 2), None, true);
    let builds = store.builds(Path::new("/p/target"));
    assert_eq!(builds.len(), 1);
    assert_eq!(builds[0].head, known_by_now);
    assert_eq!(builds[0].units, [run("a", 1), run("b", 2)]);
}

#[test]
fn costs_outlive_builds_and_only_what_was_measured_counts() {
    let dir = temp();
    let store = open(&dir);
    store.note_timing(&head("s"), run("a", 900), Some(unit("a", 1)), true);
    store.note_timing(&head("t"), run("a", 50), Some(unit("a", 2)), false);
    store.note_timing(&head("u"), run("a", 100), Some(unit("a", 3)), true);
    store.note_timing(&head("v"), run("hit", 70), Some(unit("hit", 3)), false);
    drop(store);
    let store = open(&dir);
    let known = store.known_unit("a").expect("remembered");
    assert_eq!((known.last.wall_ms, known.most.wall_ms, known.package.as_str()), (100, 900, "p"));
    assert_eq!(store.known_unit("hit").map(|u| u.most.wall_ms), Some(70), "better than nothing");
    assert_eq!(store.known_unit("b"), None);
    store.clean(true, false).expect("cleaned");
    assert_eq!((store.known_unit("a"), store.builds(Path::new("/p/target"))), (None, Vec::new()));
}
