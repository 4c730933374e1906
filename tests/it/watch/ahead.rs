//! What is compiled ahead arrives as hits, is counted, and is given up for anybody.

use std::fs;

use nix::sys::signal::Signal;

use super::watcher::Watcher;
use crate::support::{Sandbox, edit, exe, gate::Gate, processes};

const ON: (&str, &str) = ("RUSTC_HYPEROPT_PERFORMANCE_SPECULATIVE_COMPILATION", "true");

fn count(sandbox: &Sandbox, what: &str) -> u64 {
    let stats = sandbox.ours(&sandbox.path("home"), &["stats", "--json"]).success().json();
    stats["ahead"][what].as_u64().unwrap_or_default()
}

#[test]
fn a_build_after_a_check_compiles_nothing() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let mut command = sandbox.command(exe(), &dir);
    command.env(ON.0, ON.1);
    let (mut watch, first) = Watcher::with(command, &["check"]);
    assert_eq!(first["result"], "ok");
    // The build, then the tests.
    processes::wait_until("both to be compiled ahead", || count(&sandbox, "runs") == 2);
    edit(&dir.join("low/src/lib.rs"), "\"one\"", "\"two\"");
    assert_eq!(watch.result()["result"], "ok");
    processes::wait_until("both once more", || count(&sandbox, "runs") == 4);
    assert!(!dir.join("target/debug/app").exists(), "the user's directory is left alone");
    sandbox.ready();
    sandbox.ours(&dir, &["build", "--workspace"]).success();
    let stats = sandbox.ours(&dir, &["stats", "--json", "--detailed"]).success().json();
    let (ahead, events) = (&stats["ahead"], stats["events"].as_array().expect("events"));
    let session = &events[0]["session"];
    let outcomes: Vec<_> = events.iter().filter(|e| &e["session"] == session).map(|e| &e["outcome"]).collect();
    assert!(outcomes.len() == 2 && outcomes.iter().all(|o| *o == "hit"), "{outcomes:?}");
    assert!(ahead["used"] == 2 && ahead["units"].as_u64() > Some(2) && ahead["cpu_ms"].as_u64() > Some(0), "{ahead}");
    assert!(crate::support::Run::of(&mut std::process::Command::new(dir.join("target/debug/app"))).stdout().contains("two"));
    watch.end(Signal::SIGINT, &dir);
    let left = fs::read_dir(sandbox.store().join("ahead")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "what was built there is in the store");
}

#[test]
fn whoever_builds_does_not_wait() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let gate = Gate::closed(&sandbox);
    let store = sandbox.store();
    // Only what is compiled ahead stops at the gate: it has its target directory below the store.
    let held = fs::read_to_string(&gate.rustc)
        .expect("read")
        .replace("*'--crate-name low '*)", &format!("*'{}/ahead/'*)", store.display()));
    fs::write(&gate.rustc, held).expect("written");
    let mut command = sandbox.command(exe(), &dir);
    command.env(ON.0, ON.1).env("RUSTC", &gate.rustc);
    let (watch, first) = Watcher::with(command, &["check"]);
    assert_eq!(first["result"], "ok");
    let ahead = processes::wait_for("a compiler", || processes::compiler_of("low", &store));
    // Another terminal.
    let mut build = sandbox.command(exe(), &dir);
    build.args(["build", "--workspace"]).env("RUSTC", &gate.rustc);
    crate::support::Run::of(&mut build).success();
    processes::wait_until("the compiler's end", || !ahead.is_running());
    processes::wait_until("it to be counted", || count(&sandbox, "cut_short") == 1);
    gate.open();
    watch.end(Signal::SIGINT, &dir);
}
