//! State that is made for units which were restored without.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{PRIMING, assert_derived, assert_like, counted, edit_low, objects, outputs, program, project, sessions, settle};
use crate::support::{
    Sandbox,
    gate::Gate,
    processes::{Process, Running, all, wait_for, wait_until},
    small::BUILD,
};

fn build(sandbox: &Sandbox, dir: &Path) {
    sandbox.ours_with(dir, &BUILD, &[PRIMING]).success();
}

/// A project that was restored in a second directory; nothing is made yet.
fn restored(sandbox: &Sandbox) -> PathBuf {
    let first = project(sandbox, "first");
    build(sandbox, &first);
    let second = sandbox.copy(&first, "second");
    sandbox.take_stats();
    build(sandbox, &second);
    second
}

#[test]
fn the_first_edit_elsewhere_is_incremental() {
    let sandbox = Sandbox::new();
    let dir = restored(&sandbox);
    let plain = sandbox.copy(&dir, "plain");
    sandbox.cargo(&plain, &BUILD).success();
    let before = outputs(&dir);
    settle(&sandbox);
    assert_eq!(outputs(&dir), before, "nothing else of the target is touched");
    assert_eq!(counted(&sandbox, "primed"), 2);
    sandbox.cargo(&dir, &BUILD).assert_no_op();
    let made = objects(&dir, "low");
    for dir in [&dir, &plain] {
        edit_low(dir, 1);
    }
    build(&sandbox, &dir);
    sandbox.cargo(&plain, &BUILD).success();
    assert_derived(&made, &objects(&dir, "low"));
    assert_like(&dir, &plain);
    assert!(fs::read_dir(sandbox.store().join("tmp")).expect("there").next().is_none(), "no scratch is left");
}

#[test]
fn what_was_made_is_kept_as_well() {
    let sandbox = Sandbox::new();
    let dir = restored(&sandbox);
    settle(&sandbox);
    sandbox.ours(&dir, &["clean"]).success();
    build(&sandbox, &dir);
    edit_low(&dir, 1);
    build(&sandbox, &dir);
    assert_eq!((counted(&sandbox, "primed"), counted(&sandbox, "placed")), (2, 1));
    assert!(program(&dir).contains("39 of 3 1"));
}

#[test]
fn nothing_is_made_where_it_is_switched_off() {
    let sandbox = Sandbox::new();
    let first = project(&sandbox, "first");
    sandbox.ours(&first, &BUILD).success();
    let second = sandbox.copy(&first, "second");
    sandbox.ours(&second, &BUILD).success();
    settle(&sandbox);
    assert!(sessions(&second, "low").is_empty());
    let third = sandbox.copy(&first, "third");
    crate::support::write(&third.join(".rustc-hyperopt.toml"), "[performance]\nspeculative_compilation = false\n");
    build(&sandbox, &third);
    settle(&sandbox);
    assert!(sessions(&third, "low").is_empty());
    let incremental = sandbox.copy(&first, "not incremental");
    sandbox.ours_with(&incremental, &BUILD, &[PRIMING, ("CARGO_INCREMENTAL", "0")]).success();
    let again = sandbox.copy(&first, "not incremental either");
    sandbox.ours_with(&again, &BUILD, &[PRIMING, ("CARGO_INCREMENTAL", "0")]).success();
    settle(&sandbox);
    assert_eq!(counted(&sandbox, "primed"), 0);
}

/// A restored project whose `low` is being compiled for its state, by a compiler that does not get on with it.
struct Held {
    sandbox: Sandbox,
    dir: PathBuf,
    gate: Gate,
    settling: Running,
    compiler: Process,
}

fn held() -> Held {
    let sandbox = Sandbox::new();
    let gate = Gate::closed(&sandbox);
    let rustc = gate.rustc.to_str().expect("plain").to_owned();
    let envs = [PRIMING, ("RUSTC", rustc.as_str())];
    let first = project(&sandbox, "first");
    gate.open();
    sandbox.ours_with(&first, &BUILD, &envs).success();
    settle(&sandbox);
    gate.close();
    let dir = sandbox.copy(&first, "second");
    sandbox.ours_with(&dir, &BUILD, &envs).success();
    let settling = sandbox.start(&sandbox.path("home"), &["cache", "settle"]);
    let store = sandbox.store();
    let compiler = wait_for("a compiler for state", || {
        let ours = |p: &Process| p.argv.iter().any(|a| a.contains(&*store.to_string_lossy()));
        all().into_iter().find(|p| ours(p) && p.argv.windows(2).any(|w| w == ["--crate-name", "low"]))
    });
    Held { sandbox, dir, gate, settling, compiler }
}

#[test]
fn a_lookup_ends_it_at_once() {
    let Held { sandbox, dir, gate, settling, compiler } = held();
    let other = sandbox.project("other", [("Cargo.toml", crate::support::case::APP), ("src/main.rs", "fn main() {}\n")]);
    sandbox.ours(&other, &["build"]).success();
    wait_until("the compiler's end", || !compiler.is_running());
    settling.finish().success();
    let low = || sessions(&dir, "low");
    assert!(low().is_empty());
    gate.open();
    settle(&sandbox);
    assert_eq!(low().len(), 1, "it is made after that");
}

#[test]
fn a_target_that_was_removed_stays_removed() {
    let Held { sandbox, dir, gate, settling, compiler } = held();
    fs::remove_dir_all(dir.join("target")).expect("removed");
    gate.open();
    settling.finish().success();
    wait_until("the compiler's end", || !compiler.is_running());
    settle(&sandbox);
    assert!(!dir.join("target").exists());
}

#[test]
fn it_dies_with_the_daemon_and_leaves_nothing() {
    let Held { sandbox, dir, gate: _gate, settling, compiler } = held();
    sandbox.kill_daemons();
    wait_until("the compiler's end", || !compiler.is_running());
    assert_ne!(settling.finish().code(), Some(0));
    assert!(sessions(&dir, "low").is_empty());
    edit_low(&dir, 3);
    build(&sandbox, &dir);
    assert!(program(&dir).contains("39 of 3 3"));
}
