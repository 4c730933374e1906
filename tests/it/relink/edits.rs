//! Real edits, seen through by early cut-off, then links: of one and the other, over several builds.

use std::path::Path;

use super::{fates, output, programs, project};
use crate::support::{Run, Sandbox, edit};

const BUILD: [&str; 1] = ["build"];

/// Without attributes, which would make bodies count.
const BASE: (&str, &str) = (
    "base/src/lib.rs",
    "pub fn answer() -> u32 { secret() }\nfn secret() -> u32 { 1 + 0 }\n\
     pub fn all<T: Copy>(v: &[T]) -> Vec<T> { v.to_vec() }\n",
);

/// Builds after an edit; what became of the program. It is what plain cargo makes of the same sources, and says `expected`.
fn step(sandbox: &Sandbox, dirs: [&Path; 2], file: &str, from: &str, to: &str, expected: &str) -> Vec<String> {
    let [ours, plain] = dirs;
    dirs.iter().for_each(|dir| edit(&dir.join(file), from, to));
    sandbox.ours(ours, &BUILD).success();
    sandbox.cargo(plain, &BUILD).success();
    assert_eq!(output(ours), expected, "{from} to {to}");
    let (left, right) = (programs(ours, &BUILD), programs(plain, &BUILD));
    assert!(left == right, "{from} to {to}: not the program that plain cargo makes");
    sandbox.cargo(ours, &BUILD).assert_no_op();
    fates(&sandbox.take_stats())
}

/// With no debug information, programs of two directories are the same in every byte.
#[test]
fn of_the_library_and_of_the_program_in_turn() {
    let sandbox = Sandbox::new();
    let [ours, plain] = ["ours", "plain"].map(|name| project(&sandbox, name, "[profile.dev]\ndebug = 0\n", &[BASE]));
    let dirs = [&*ours, &*plain];
    sandbox.ours(&ours, &BUILD).success();
    sandbox.take_stats();
    let library = |from: &str, to: &str, expected: &str| step(&sandbox, dirs, "base/src/lib.rs", from, to, expected);
    let program = |from: &str, to: &str, expected: &str| step(&sandbox, dirs, "app/src/other.rs", from, to, expected);
    assert_eq!(library("1 + 0", "1 + 1", "2 2\n"), ["relinked"]);
    assert_eq!(library("1 + 1", "[3u32, 4].iter().map(|x| x * 2).sum()", "14 2\n"), ["relinked"], "a closure more");
    // The incremental state is that of the first build, and good for the same metadata.
    assert_eq!(program("2]", "2, 3]", "14 3\n"), ["source-changed"]);
    assert_eq!(library("x * 2", "x * 3", "21 3\n"), ["relinked"]);
    assert_eq!(library("v.to_vec()", "{ let mut v = v.to_vec(); v.reverse(); v }", "21 3\n"), ["dependency-changed"]);
    assert_eq!(library("x * 3", "x * 5", "35 3\n"), ["relinked"]);
    assert_eq!(program("2, 3]", "2]", "35 2\n"), ["source-changed"]);
    let told = sandbox.ours(&ours, &["stats", "--verify"]);
    assert!(told.0.status.success(), "{}{}", told.stdout(), told.stderr());
    assert!(told.stdout().contains("relinked"), "{}", told.stdout());
}

/// A build that was restored has no incremental state, and needs none.
#[test]
fn the_first_one_after_a_restored_build() {
    let sandbox = Sandbox::new();
    let first = project(&sandbox, "first", "", &[BASE]);
    sandbox.ours(&first, &["build", "--all-targets"]).success();
    let second = sandbox.copy(&first, "second");
    sandbox.ours(&second, &["build", "--all-targets"]).success();
    sandbox.take_stats();
    edit(&second.join("base/src/lib.rs"), "1 + 0", "1 + 5");
    sandbox.ours(&second, &["build", "--all-targets"]).success();
    let stats = sandbox.take_stats();
    assert_eq!(fates(&stats), vec!["relinked"; 4], "{:#}", stats.0);
    assert_eq!(output(&second), "6 2\n");
    let tests = sandbox.ours(&second, &["test"]).success();
    assert_eq!(tests.stdout().matches("test result: ok. 1 passed").count(), 2, "{}", tests.stdout());
    assert_eq!(sandbox.take_stats().misses(), 0, "what was linked is what is tested");
    let example = second.join("target/debug/examples/show");
    assert_eq!(Run::of(&mut std::process::Command::new(example)).success().stdout(), "example 6\n");
}
