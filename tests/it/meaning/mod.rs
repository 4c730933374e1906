//! What an edit means: seen through where that is safe, and never where it is not. Every case is built with plain cargo as
//! well, before and after the edit: programs, messages and machine code must be the same.

mod bodies;
mod comments;
mod faults;
mod inputs;
mod macros;

use std::path::{Path, PathBuf};

use crate::support::{Run, Sandbox, Stats, edit, oracle};

/// What is to become of the crate that was edited, and of the one in the middle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// Nothing is compiled.
    Nothing,
    /// The edited library alone is compiled; the library in the middle is not.
    CutOff,
    /// The edit is seen by the library in the middle, or might be.
    Seen,
    /// Whatever happens, the result must be right.
    Any,
}

/// One edit of a small workspace: `app` uses `b` and `a`, `b` uses `a`.
struct Case {
    name: &'static str,
    /// More files, or other texts for those of [`BASE`].
    files: &'static [(&'static str, &'static str)],
    /// File, old text, new text.
    edits: &'static [(&'static str, &'static str, &'static str)],
    args: &'static [&'static str],
    fate: Fate,
}

/// A case of `build`.
const fn case(
    name: &'static str,
    files: &'static [(&'static str, &'static str)],
    edits: &'static [(&'static str, &'static str, &'static str)],
    fate: Fate,
) -> Case {
    Case { name, files, edits, args: BUILD, fate }
}

const BUILD: &[&str] = &["build"];
const CHECK: &[&str] = &["check"];
const RELEASE: &[&str] = &["build", "--release"];

const BASE: [(&str, &str); 6] = [
    ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\", \"app\"]\nresolver = \"2\"\n"),
    ("a/Cargo.toml", "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
    (
        "b/Cargo.toml",
        "[package]\nname = \"b\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\na = { path = \"../a\" }\n",
    ),
    (
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\na = { path = \"../a\" }\nb = { path = \"../b\" }\n",
    ),
    ("b/src/lib.rs", "pub fn through() -> String { format!(\"b {}\", a::answer()) }\n"),
    ("app/src/main.rs", "fn main() { println!(\"{} {}\", a::answer(), b::through()); }\n"),
];

fn texts(case: &Case) -> Vec<(&'static str, &'static str)> {
    let others = BASE.iter().filter(|(name, _)| case.files.iter().all(|(n, _)| n != name));
    others.chain(case.files).copied().collect()
}

/// Builds, edits and builds again with both; what ours did the second time.
fn run_case(sandbox: &Sandbox, case: &Case) -> Stats {
    let place = |who: &str| sandbox.project(&format!("{}/{who}/w", case.name.replace([' ', '\''], "-")), texts(case));
    let (ours, plain) = (place("ours"), place("plain"));
    sandbox.ours(&ours, case.args).success();
    sandbox.cargo(&plain, case.args).success();
    sandbox.take_stats();
    for (file, from, to) in case.edits {
        edit(&ours.join(file), from, to);
        edit(&plain.join(file), from, to);
    }
    let (after, reference) = (sandbox.ours(&ours, case.args), sandbox.cargo(&plain, case.args));
    assert_eq!(after.code(), reference.code(), "{}: {}", case.name, after.stderr());
    assert_eq!(words(&after, &ours), words(&reference, &plain), "{}: the same messages as plain cargo", case.name);
    if case.args[0] == "build" && reference.code() == Some(0) {
        let profile = if case.args.contains(&"--release") { "release" } else { "debug" };
        assert_eq!(program(sandbox, &ours, profile), program(sandbox, &plain, profile), "{}: the same program", case.name);
        oracle::assert_same_outputs(&plain, &ours, profile);
    }
    sandbox.cargo(&ours, case.args).assert_no_op_or_failure();
    sandbox.take_stats()
}

/// What cargo says, but for what is said of the way it was made.
fn words(run: &Run, root: &Path) -> Vec<String> {
    let root = root.to_str().expect("plain");
    let made = |l: &&str| {
        !["Finished", "Compiling", "Checking", "Hyperopt", "Blocking", "warning: build failed, waiting"]
            .iter()
            .any(|w| l.trim_start().starts_with(w))
    };
    let text = run.stderr().replace(root, "<root>");
    let mut lines: Vec<String> = text.lines().filter(made).map(str::to_owned).collect();
    lines.sort();
    lines
}

fn program(sandbox: &Sandbox, root: &Path, profile: &str) -> (String, String, Option<i32>) {
    let exe: PathBuf = root.join("target").join(profile).join("app");
    let run = Run::of(sandbox.command(exe, root).env("RUST_BACKTRACE", "0"));
    // Panic messages name the thread by a number that is another one in every run.
    let err: Vec<String> = run.stderr().lines().map(|l| l.split(" panicked at ").last().unwrap_or(l).to_owned()).collect();
    (run.stdout(), err.join("\n"), run.code())
}

fn check_fate(case: &Case, stats: &Stats) {
    let was = |name: &str| stats.outcomes(name);
    let told = format!("{}: {:#}", case.name, stats.0);
    match case.fate {
        Fate::Any => {}
        Fate::Nothing => assert_eq!(stats.misses(), 0, "{told}"),
        Fate::CutOff => {
            assert!(was("a").contains(&"miss".to_owned()), "{told}");
            assert!(!was("b").contains(&"miss".to_owned()), "{told}");
        }
        Fate::Seen => assert!(was("b").contains(&"miss".to_owned()), "{told}"),
    }
}

fn run_all(cases: &[Case]) {
    let sandbox = Sandbox::new();
    for case in cases {
        let stats = run_case(&sandbox, case);
        check_fate(case, &stats);
    }
}
