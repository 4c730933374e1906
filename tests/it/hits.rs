//! A hit is what a clean build by plain cargo makes, in any directory, for every crate type and command.

use crate::support::{Sandbox, oracle, projects::WORKSPACE};

/// Builds in one directory, again in another, and compares the second with plain cargo's in a third.
fn second_directory(args: &[&str], profile: &str, at_least: u64, compare: bool) {
    let sandbox = Sandbox::new();
    let first = sandbox.project("first", WORKSPACE);
    let (second, plain) = (sandbox.copy(&first, "a/second place"), sandbox.copy(&first, "plain"));
    let cold = sandbox.ours(&first, args).success();
    let stats = sandbox.take_stats();
    assert!(stats.hits() == 0 && stats.misses() >= at_least, "cold: {:#}", stats.0);

    let warm = sandbox.ours(&second, args).success();
    sandbox.take_stats().assert_all_hits(at_least);
    sandbox.cargo(&second, args).assert_no_op();

    let reference = sandbox.cargo(&plain, args).success();
    let words = |run: &crate::support::Run| {
        let lines = run.stderr();
        let mut lines: Vec<String> = lines
            .lines()
            .filter(|l| !l.contains("Finished") && !l.contains("Compiling") && !l.contains("Checking"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines.join("\n").replace("/a/second place", "/X").replace("/first", "/X").replace("/plain", "/X")
    };
    assert_eq!(words(&warm), words(&reference), "the same diagnostics as plain cargo");
    assert_eq!(words(&cold), words(&reference));
    assert!(words(&warm).contains("unused variable"), "the fixture has a warning to replay: {}", warm.stderr());
    if compare {
        oracle::assert_same_outputs(&plain, &second, profile);
    }
}

#[test]
fn build() {
    second_directory(&["build", "--workspace"], "debug", 6, true);
}

#[test]
fn build_release() {
    second_directory(&["build", "--workspace", "--release"], "release", 6, true);
}

#[test]
fn tests_examples_and_benches() {
    second_directory(&["test", "--workspace", "--no-run", "--all-targets"], "debug", 10, true);
}

#[test]
fn check() {
    second_directory(&["check", "--workspace", "--all-targets"], "debug", 8, false);
}

#[test]
fn clippy() {
    second_directory(&["clippy", "--workspace"], "debug", 5, false);
}
