//! Compiles that fail, and other wrappers around ours: what cargo says is what it says without us.

use std::{fs, path::Path};

use crate::support::{
    Run, Sandbox, edit, exe,
    processes::Running,
    small::{BUILD, UNITS, output},
};

/// Everything that is said, with the directory and cargo's own progress left out.
fn words(run: &Run, dir: &Path) -> Vec<String> {
    let text = run.stderr().replace(&dir.display().to_string(), "DIR");
    let progress = ["Compiling", "Checking", "Finished", "Hyperopt"];
    text.lines().filter(|l| !progress.iter().any(|p| l.trim_start().starts_with(p))).map(str::to_owned).collect()
}

#[test]
fn a_crate_that_does_not_compile() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("first", "broken");
    edit(&dir.join("app/src/main.rs"), "fn main() {", "fn main() { let x: u32 = \"text\"; undefined(x);");
    let plain = sandbox.copy(&dir, "plain");
    let reference = sandbox.cargo(&plain, &BUILD);
    for round in 0..2 {
        let run = sandbox.ours(&dir, &BUILD);
        assert_eq!(run.0.status.code(), reference.0.status.code(), "{}", run.stderr());
        assert_eq!(run.0.status.code(), Some(101));
        assert_eq!(words(&run, &dir), words(&reference, &plain), "round {round}");
        assert_eq!(run.stdout(), reference.stdout());
    }
    let stats = sandbox.take_stats();
    assert_eq!((stats.hits(), stats.misses(), stats.0["cache"]["entries"].as_u64()), (0, 3, Some(1)), "{:#}", stats.0);
    edit(&dir.join("app/src/main.rs"), " let x: u32 = \"text\"; undefined(x);", "");
    sandbox.assert_builds(&dir, &[]);
    sandbox.assert_heals(&dir);
}

#[test]
fn a_compiler_that_dies() {
    let sandbox = Sandbox::new();
    let rustc = sandbox.compiler("case \"$*\" in *'--crate-name app '*) kill -SEGV $$;; esac");
    let dir = sandbox.small("first", "dies");
    let plain = sandbox.copy(&dir, "plain");
    let rustc = rustc.to_str().expect("text");
    let reference = Run::of(sandbox.command("cargo", &plain).args(BUILD).env("RUSTC", rustc));
    let run = sandbox.ours_with(&dir, &BUILD, &[("RUSTC", rustc)]);
    for run in [&reference, &run] {
        assert_eq!(run.0.status.code(), Some(101));
        assert!(run.stderr().contains("(signal: 11, SIGSEGV: invalid memory reference)"), "{}", run.stderr());
    }
    let stats = sandbox.take_stats();
    assert_eq!((stats.misses(), stats.0["cache"]["entries"].as_u64()), (UNITS, Some(1)), "{:#}", stats.0);
    sandbox.assert_builds(&dir, &[]);
    sandbox.assert_heals(&dir);
}

#[test]
fn cargo_killed_leaves_nothing_behind_that_matters() {
    use nix::sys::signal::Signal;
    let sandbox = Sandbox::new();
    let dir = sandbox.small("first", "interrupted");
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let build = sandbox.start(&dir, &BUILD);
        crate::support::processes::wait_until("a wrapper", || {
            ["low", "app"].iter().any(|name| crate::support::processes::wrapper_of(name, &dir).is_some())
        });
        crate::support::processes::Process::by_pid(build.pid()).expect("runs").signal(signal);
        let code = build.finish().0.status;
        assert!(!code.success(), "{signal}: {code}");
        crate::support::processes::wait_until("the end of its compilers", || {
            ["low", "app"].iter().all(|name| crate::support::processes::wrapper_of(name, &dir).is_none())
        });
        drop(fs::remove_dir_all(dir.join("target")));
        sandbox.ready();
        sandbox.ours(&dir, &["cache", "clean", "--all"]).success();
    }
    sandbox.assert_builds(&dir, &[]);
    sandbox.assert_heals(&dir);
}

#[test]
fn wrappers_around_wrappers() {
    let sandbox = Sandbox::new();
    let other = sandbox.script("other-wrapper", "exec \"$@\"");
    let (us, other) = (exe(), other.to_str().expect("text"));
    let dir = sandbox.small("first", "nested");
    type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], u64);
    let cases: [Case; 4] = [
        ("both", &[("RUSTC_WRAPPER", us), ("RUSTC_WORKSPACE_WRAPPER", us)], 2),
        ("below", &[("RUSTC_WRAPPER", us), ("RUSTC_WORKSPACE_WRAPPER", other)], 0),
        ("workspace", &[("RUSTC_WORKSPACE_WRAPPER", us)], 2),
        ("alone", &[("RUSTC_WRAPPER", us)], 2),
    ];
    for (name, envs, units) in cases {
        sandbox.ready();
        sandbox.ours(&dir, &["cache", "clean", "--all"]).success();
        for round in 0..2 {
            let place = sandbox.copy(&dir, &format!("{name}{round}"));
            sandbox.take_stats();
            let mut command = sandbox.command("cargo", &place);
            Running::start(command.args(BUILD).envs(envs.iter().copied())).finish().success();
            // Cargo names outputs after the workspace wrapper too, so there is no plain build to compare files with.
            assert_eq!(output(&place), "nested of low/src/lib.rs 2\n");
            let stats = sandbox.take_stats();
            let expected = if round == 0 { (0, units) } else { (units, 0) };
            assert_eq!((stats.hits(), stats.misses()), expected, "{name} {round}: {:#}", stats.0);
        }
    }
}

#[test]
fn clippy_below_us() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("first", "clippy");
    edit(&dir.join("app/src/main.rs"), "fn main() {", "fn main() { let v: Vec<u32> = Vec::new(); if v.len() == 0 {}");
    let plain = sandbox.copy(&dir, "plain");
    let clippy = ["clippy", "--workspace"];
    let reference = sandbox.cargo(&plain, &clippy).success();
    assert!(reference.stderr().contains("clippy::len_zero"), "{}", reference.stderr());
    for round in 0..2 {
        let place = sandbox.copy(&dir, &format!("place{round}"));
        let mut command = sandbox.command("cargo", &place);
        let run = Run::of(command.args(clippy).env("RUSTC_WRAPPER", exe())).success();
        let (mut left, mut right) = (words(&run, &place), words(&reference, &plain));
        left.sort();
        right.sort();
        assert_eq!(left, right);
        let stats = sandbox.take_stats();
        assert_eq!((stats.hits(), stats.misses()), if round == 0 { (0, UNITS) } else { (UNITS, 0) }, "{:#}", stats.0);
    }
}
