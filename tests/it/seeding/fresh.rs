//! A fresh copy at a new place: no compiler and no build script runs for what was downloaded, whatever is built and
//! wherever it goes, and what comes out is what plain cargo makes.

use std::{fs, path::Path};

use crate::support::{
    Run, exe,
    kit::{GIT, Kit, REGISTRY, Said},
    oracle, write,
};

/// Everything that was downloaded is fresh; of the program's own package something was compiled.
#[track_caller]
fn assert_only_app(said: &Said) {
    said.assert_made(&["app"]).assert_fresh(GIT.iter().chain(&REGISTRY));
}

/// Builds, then builds a copy, and compares that with plain cargo's.
#[track_caller]
fn same_again(kit: &Kit, name: &str, args: &[&str], profile: &str) {
    kit.fill(&kit.app, args);
    let copy = kit.copy(&format!("copies of/{name}"));
    assert_only_app(&kit.ours(&copy, args));
    let plain = kit.reference(name, args);
    oracle::assert_same_outputs(&plain, &copy, profile);
    let program = format!("target/{profile}/app");
    if plain.join(&program).exists() {
        kit.assert_like(&copy, &plain, args, &program);
    }
    kit.plain(&copy, args).assert_nothing_done();
}

#[test]
fn the_time_that_was_saved_is_told() {
    let kit = Kit::new();
    kit.fill(&kit.app, &["build"]);
    let compiled = kit.sandbox.take_stats().0["totals"]["compile_ms"].as_u64().expect("a sum");
    kit.ours(&kit.copy("copy"), &["build"]);
    let totals = &kit.sandbox.take_stats().0["totals"];
    let saved = totals["saved_ms"].as_u64().expect("a sum");
    assert!(totals["seeded"].as_u64().is_some_and(|n| n > 0), "{totals}");
    // Running build scripts is no work of compilers, so it may be more.
    assert!(saved > 0 && saved < compiled * 2, "{totals}, compiled {compiled} ms");
}

/// Bytes that the daemon has read, by the kernel's account (`man 5 proc`, `rchar`).
fn read_by_daemon(kit: &Kit) -> u64 {
    let daemon = kit.sandbox.daemons().pop().expect("runs");
    let account = fs::read_to_string(format!("/proc/{}/io", daemon.pid)).expect("readable");
    let line = account.lines().find_map(|line| line.strip_prefix("rchar: "));
    line.and_then(|number| number.parse().ok()).expect("a number")
}

#[test]
fn what_was_just_put_there_is_not_read_again() {
    let kit = Kit::new();
    kit.fill(&kit.app, &["build"]);
    // The daemon begins anew: its first look at the store is not what is asked for.
    kit.ours(&kit.copy("first copy"), &["build"]);
    kit.sandbox.wait_for_queue();
    let before = read_by_daemon(&kit);
    let copy = kit.copy("second copy");
    assert_only_app(&kit.ours(&copy, &["build"]));
    kit.sandbox.wait_for_queue();
    let (read, program) = (read_by_daemon(&kit) - before, fs::metadata(copy.join("target/debug/app")).expect("built").len());
    assert!(read < program / 2, "{read} bytes were read, the program alone has {program}");
}

#[test]
fn wherever_it_goes() {
    let (kit, build) = (Kit::new(), ["build"]);
    same_again(&kit, "build", &build, "debug");
    let (plain, program) = (kit.sandbox.path("plain/build"), "target/debug/app");
    let command = |program: &str, dir: &Path, env: &[(&str, &str)]| {
        kit.sandbox.ready();
        let mut command = kit.sandbox.command(program, dir);
        Said::of(Run::of(command.args(["build", "-v"]).envs(env.iter().copied())))
    };

    let wrapped = kit.copy("wrapped");
    assert_only_app(&kit.wrapped(&wrapped, &build));
    kit.assert_like(&wrapped, &plain, &build, program);

    let (moved, elsewhere) = (kit.copy("moved"), kit.sandbox.path("else where"));
    let env = [("CARGO_TARGET_DIR", elsewhere.to_str().expect("text"))];
    assert_only_app(&command(exe(), &moved, &env));
    command("cargo", &moved, &env).assert_nothing_done();
    oracle::assert_same_code(&elsewhere.join("debug/app"), &plain.join(program));

    let apart = kit.copy("apart");
    write(&apart.join(".cargo/config.toml"), "[build]\nbuild-dir = 'made'\n");
    assert_only_app(&kit.ours(&apart, &build));
    assert!(apart.join("made/debug/.fingerprint").is_dir() && !apart.join("target/debug/.fingerprint").exists());
    kit.assert_like(&apart, &plain, &build, program);

    let inside = kit.copy("inside");
    assert_only_app(&kit.ours(&inside.join("src"), &build));
    kit.assert_like(&inside, &plain, &build, program);
}

#[test]
fn optimised() {
    let kit = Kit::new();
    same_again(&kit, "release", &["build", "--release"], "release");
    same_again(&kit, "custom", &["build", "--profile", "fast"], "fast");
}

#[test]
fn metadata_only() {
    let kit = Kit::new();
    same_again(&kit, "check", &["check"], "debug");
    let clippy = kit.copy("clippy");
    assert_only_app(&kit.ours(&clippy, &["clippy"]));
    kit.plain(&clippy, &["clippy"]).assert_nothing_done();
}

#[test]
fn tests_and_programs() {
    let kit = Kit::new();
    let test = ["test", "--no-run"];
    same_again(&kit, "tests", &test, "debug");
    let both = kit.copy("both");
    kit.ours(&both, &test).assert_made(&["app"]).assert_fresh(&["kit-dev"]);
    assert_only_app(&kit.ours(&both, &["build"]));
    kit.sandbox.cargo(&both, &["test"]).success();
}

#[test]
fn a_named_target() {
    let kit = Kit::new();
    let about = Run::of(kit.sandbox.command("rustc", &kit.app).arg("-vV")).success().stdout();
    let host = about.lines().find_map(|l| l.strip_prefix("host: ")).expect("named");
    same_again(&kit, "target", &["build", "--target", host], &format!("{host}/debug"));
}

#[test]
fn one_directory_per_unit() {
    let kit = Kit::new();
    let args = ["+nightly", "build", "-Zbuild-dir-new-layout"];
    if !Run::of(kit.sandbox.command("cargo", &kit.app).args(["+nightly", "--version"])).0.status.success() {
        eprintln!("left out: no nightly toolchain is installed");
        return;
    }
    kit.fill(&kit.app, &args);
    let (copy, wrapped) = (kit.copy("copy"), kit.copy("wrapped"));
    assert_only_app(&kit.ours(&copy, &args));
    assert_only_app(&kit.wrapped(&wrapped, &args));
    let plain = kit.reference("new", &args);
    kit.assert_like(&copy, &plain, &args, "target/debug/app");
    kit.assert_like(&wrapped, &plain, &args, "target/debug/app");
}
