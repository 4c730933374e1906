//! Somebody dies while old metadata is put around new machine code: the next build is as if nothing had been.

use std::fs;

use super::BASE;
use crate::support::{Run, Sandbox, edit};

const LIB: &str = "fn secret() -> u32 { 1 }\npub fn answer() -> u32 { secret() }\n";

/// Builds, edits a body that nobody else sees, builds with a failure at `point`, then without; the last program must say
/// what the sources say.
fn dies_at(point: &str, build_survives: bool) {
    let sandbox = Sandbox::new();
    let root = sandbox.project("w", BASE.into_iter().chain([("a/src/lib.rs", LIB)]));
    sandbox.ours(&root, &["build"]).success();
    sandbox.take_stats();
    edit(&root.join("a/src/lib.rs"), "{ 1 }", "{ 2 }");
    if build_survives {
        sandbox.stop_daemon(); // The one that dies has to be started with the variable.
    }
    let note = sandbox.path("reached");
    let failpoint = format!("{point}@{}", note.display());
    let run = sandbox.ours_with(&root, &["build"], &[("RUSTC_HYPEROPT_FAILPOINT", &failpoint)]);
    assert!(note.exists(), "{point} was not reached: {}", run.stderr());
    assert_eq!(run.code() == Some(0), build_survives, "{point}: {}", run.stderr());
    sandbox.kill_daemons();
    drop(fs::remove_file(&note));
    sandbox.ours(&root, &["build"]).success();
    let says = Run::of(&mut sandbox.command(root.join("target/debug/app"), &root)).success().stdout();
    assert_eq!(says, "2 b 2\n", "{point}");
    sandbox.cargo(&root, &["build"]).assert_no_op();
    edit(&root.join("a/src/lib.rs"), "{ 2 }", "{ 3 }");
    sandbox.ours(&root, &["build"]).success();
    let says = Run::of(&mut sandbox.command(root.join("target/debug/app"), &root)).success().stdout();
    assert_eq!(says, "3 b 3\n", "{point}, later");
}

#[test]
fn the_daemon_before_it_answers() {
    dies_at("daemon-before-graft-reply", true);
}

#[test]
fn the_wrapper_between_the_two_files() {
    dies_at("wrapper-between-outputs", false);
}

#[test]
fn the_wrapper_before_cargo_is_told() {
    dies_at("wrapper-before-release", false);
}
