//! A hit is what a clean build by plain cargo makes, in any directory, for every crate type and command.

use std::{
    io::{BufRead, BufReader},
    os::unix::fs::MetadataExt,
    process::Stdio,
};

use crate::support::{Sandbox, exe, oracle, projects::WORKSPACE, write};

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

/// Build scripts run the wrapper and the compiler by the names that cargo gives them; without rustup, that is the bare `rustc`.
#[test]
fn a_build_script_that_asks_a_compiler_without_a_path() {
    let sandbox = Sandbox::new();
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let script = "use std::{env::var_os, process::Command};\n\
        fn main() {\n    let (wrapper, rustc) = (var_os(\"RUSTC_WRAPPER\").unwrap(), var_os(\"RUSTC\").unwrap());\n    \
        for words in [[\"--version\", \"--verbose\"], [\"--cap-lints=allow\", \"--print=sysroot\"]] {\n        \
        let out = Command::new(&wrapper).arg(&rustc).args(words).output().unwrap();\n        \
        assert!(out.status.success(), \"{words:?}: {}\", String::from_utf8_lossy(&out.stderr));\n    }\n}\n";
    let dir = sandbox.project("dir", [("Cargo.toml", manifest), ("build.rs", script), ("src/main.rs", "fn main() {}\n")]);
    sandbox.ours_with(&dir, &["build"], &[("RUSTC", "rustc")]).success();
}

/// A program that stands there as it is to be is not written again, and one that somebody has changed is. Where files can share
/// blocks, it is another file with the same ones.
#[test]
fn a_program_that_stands_there() {
    let sandbox = Sandbox::new();
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    let main = "fn main() { println!(\"one\") }\n";
    let dir = sandbox.project("dir", [("Cargo.toml", manifest), ("src/main.rs", main)]);
    sandbox.ours(&dir, &["build"]).success();
    sandbox.take_stats();
    let program = dir.join("target/debug/app");
    let meta = || program.metadata().expect("built");
    let hit = |text: &str| {
        write(&dir.join("src/main.rs"), text);
        sandbox.ours(&dir, &["build"]).success();
        sandbox.take_stats().assert_all_hits(1);
        sandbox.cargo(&dir, &["build"]).assert_no_op();
    };
    let (first, bytes) = (meta(), std::fs::read(&program).expect("built"));
    hit(&format!("{main}// a comment\n"));
    let clone = sandbox.command("cp", &dir).args(["--reflink=always", "Cargo.toml", "clone"]).output().expect("started");
    assert_eq!(meta().ino() == first.ino(), !clone.status.success());
    assert!(meta().modified().expect("a time") > first.modified().expect("a time"), "cargo sees that it is new");
    let mut other = bytes.clone();
    other[bytes.len() / 2] ^= 1;
    std::fs::write(&program, other).expect("written");
    hit(&format!("{main}// another\n"));
    assert_ne!(meta().ino(), first.ino());
    assert_eq!(std::fs::read(&program).expect("built"), bytes);
}

/// What is stored behind a build's back is what the compiler has read, not what stands there by then.
#[test]
fn an_edit_while_the_result_is_being_stored() {
    let sandbox = Sandbox::new();
    let manifest = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";
    for n in 0..6 {
        let says = |word: &str| format!("fn main() {{ println!(\"{word} {n}\"); }}\n");
        let dir = sandbox.project(&format!("p{n}"), [("Cargo.toml", manifest), ("src/main.rs", &says("one"))]);
        let mut command = sandbox.command(exe(), &dir);
        let mut child = command.args(["run", "--quiet"]).stdout(Stdio::piped()).spawn().expect("started");
        let mut line = String::new();
        // The program runs as soon as it is built; cargo's end, and ours, come later.
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("read");
        write(&dir.join("src/main.rs"), &says("two"));
        child.wait().expect("waited");
        assert_eq!(line, format!("one {n}\n"));
        assert_eq!(sandbox.ours(&dir, &["run", "--quiet"]).success().stdout(), format!("two {n}\n"));
    }
}
