//! Line numbers that may lag behind (`ai.line_drift = "allow"`) lag behind only where that is allowed, and only until somebody
//! has compiled the same sources exactly; `watch` does so ahead.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use nix::sys::signal::Signal;

use crate::{
    support::{Run, Sandbox, edit, exe, processes},
    watch::watcher::Watcher,
};

const DRIFT: &str = "RUSTC_HYPEROPT_AI_LINE_DRIFT";
/// A function that only its crate compiles, and below it one that dependents compile, which panics in its own line.
const BASE: &str = "fn secret() -> u32 { let a = 1; a }\n\
     pub fn answer() -> u32 { secret() }\n\
     pub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }\n";

fn project(sandbox: &Sandbox) -> PathBuf {
    let package = |name: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    let app = package("app") + "[dependencies]\nbase = { path = \"../base\" }\n";
    sandbox.project(
        "w",
        [
            ("Cargo.toml", "[workspace]\nmembers = [\"base\", \"app\"]\nresolver = \"2\"\n"),
            ("base/Cargo.toml", &package("base")),
            ("base/src/lib.rs", BASE),
            ("app/Cargo.toml", &app),
            ("app/src/main.rs", "fn main() { let n = base::answer(); println!(\"{n}\"); base::pick(&[0u8], 5); }\n"),
        ],
    )
}

fn build(sandbox: &Sandbox, dir: &Path, drift: &str) {
    sandbox.ours_with(dir, &["build"], &[(DRIFT, drift)]).success();
    // What was compiled is in the store.
    sandbox.ours(dir, &["stats", "--json"]).success();
    sandbox.ready();
}

/// What the program prints, and the line that its panic names.
fn said(dir: &Path) -> (String, u32) {
    let run = Run::of(&mut Command::new(dir.join("target/debug/app")));
    let panic = run.stderr();
    let line = panic.split("src/lib.rs:").nth(1).and_then(|rest| rest.split(':').next()?.parse().ok());
    (run.stdout().trim().to_owned(), line.unwrap_or_else(|| panic!("no line in {panic}")))
}

/// A new line above everything, and another body.
fn move_and_change(dir: &Path) {
    edit(&dir.join("base/src/lib.rs"), "fn secret() -> u32 { let a = 1;", "// one more\nfn secret() -> u32 { let a = 2;");
}

#[test]
fn what_drifts_is_for_those_who_allow_it() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    build(&sandbox, &dir, "allow");
    assert_eq!(said(&dir), ("1".into(), 3));
    move_and_change(&dir);
    build(&sandbox, &dir, "allow");
    assert_eq!(said(&dir), ("2".into(), 3), "dependents were spared, and their lines lag behind");

    // The same elsewhere, where it is allowed as well: nothing is compiled.
    let second = sandbox.copy(&dir, "second");
    drop(fs::remove_dir_all(second.join("target")));
    sandbox.take_stats();
    build(&sandbox, &second, "allow");
    assert_eq!(said(&second), ("2".into(), 3));
    sandbox.take_stats().assert_all_hits(2);

    // Where it is not allowed, the lines are those of the sources.
    let third = sandbox.copy(&dir, "third");
    drop(fs::remove_dir_all(third.join("target")));
    build(&sandbox, &third, "exact");
    assert_eq!(said(&third), ("2".into(), 4));

    // And from then on for everybody who asks.
    fs::remove_dir_all(second.join("target")).expect("removed");
    sandbox.take_stats();
    build(&sandbox, &second, "allow");
    assert_eq!(said(&second), ("2".into(), 4));
    sandbox.take_stats().assert_all_hits(2);
}

#[test]
fn the_same_holds_for_sources_that_have_only_moved() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    build(&sandbox, &dir, "allow");
    edit(&dir.join("base/src/lib.rs"), "fn secret", "// one more\nfn secret");
    build(&sandbox, &dir, "allow");
    assert_eq!(said(&dir), ("1".into(), 3));
    fs::remove_dir_all(dir.join("target")).expect("removed");
    build(&sandbox, &dir, "exact");
    assert_eq!(said(&dir), ("1".into(), 4));
    // A comment behind everything moves nothing; what is found by its meaning is the exact result.
    fs::remove_dir_all(dir.join("target")).expect("removed");
    build(&sandbox, &dir, "allow");
    assert_eq!(said(&dir), ("1".into(), 4));
}

#[test]
fn watch_compiles_exactly_what_has_drifted() {
    let sandbox = Sandbox::new();
    let dir = project(&sandbox);
    let runs = || {
        let stats = sandbox.ours(&sandbox.path("home"), &["stats", "--json"]).success().json();
        stats["ahead"]["runs"].as_u64().unwrap_or_default()
    };
    let mut command = sandbox.command(exe(), &dir);
    command.env("RUSTC_HYPEROPT_PERFORMANCE_SPECULATIVE_COMPILATION", "true").env(DRIFT, "allow");
    let (mut watch, first) = Watcher::with(command, &["build"]);
    assert_eq!(first["result"], "ok");
    // The tests, then the same once more with exact lines.
    processes::wait_until("both to be compiled ahead", || runs() == 2);
    sandbox.ready();
    move_and_change(&dir);
    assert_eq!(watch.result()["result"], "ok");
    assert_eq!(said(&dir), ("2".into(), 3), "the build that was waited for has spared the program");
    processes::wait_until("both once more", || runs() == 4);
    watch.end(Signal::SIGINT, &dir);
    let left = fs::read_dir(sandbox.store().join("ahead")).map_or(0, Iterator::count);
    assert_eq!(left, 0, "both directories are gone");

    sandbox.ready();
    sandbox.take_stats();
    fs::remove_dir_all(dir.join("target")).expect("removed");
    build(&sandbox, &dir, "allow");
    assert_eq!(said(&dir), ("2".into(), 4));
    sandbox.take_stats().assert_all_hits(2);
}
