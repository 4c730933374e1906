//! `kill -9` of the daemon, the wrapper and the compiler at the worst moments.

use std::{fs, path::Path, time::Duration};

use nix::sys::signal::Signal;

use crate::support::{
    Run, Sandbox, edit,
    processes::{self, Running, wait_for, wait_until},
    small::{BUILD, output},
};

const FAILPOINT: &str = "RUSTC_HYPEROPT_FAILPOINT";

/// The variable's value, and the file that tells that the point was reached.
fn point(sandbox: &Sandbox, name: &str) -> (String, std::path::PathBuf) {
    let note = sandbox.path(&format!("{name}.reached"));
    (format!("{name}@{}", note.display()), note)
}

/// A daemon that dies there every time: builds do not notice, and later ones heal the cache.
fn daemon_dies_at(points: &[&str]) {
    let sandbox = Sandbox::new();
    for name in points {
        sandbox.stop_daemon();
        let (value, note) = point(&sandbox, name);
        let first = sandbox.small(name, name);
        sandbox.assert_builds(&first, &[(FAILPOINT, &value)]);
        // The last result is stored behind the build's back.
        wait_until(&format!("a daemon that dies at {name}"), || note.exists());
        sandbox.kill_daemons();
        sandbox.assert_heals(&first);
    }
}

#[test]
fn daemon_while_it_starts_and_answers() {
    daemon_dies_at(&[
        "daemon-before-bind",
        "daemon-before-open",
        "daemon-before-reply",
        "daemon-after-reply",
        "daemon-before-publish",
    ]);
}

#[test]
fn daemon_while_it_takes_files_in() {
    daemon_dies_at(&["publish-before-ingest", "ingest-after-copy", "ingest-before-rename", "ingest-after-rename"]);
}

#[test]
fn daemon_while_it_writes_results() {
    daemon_dies_at(&["publish-after-blobs", "publish-after-action", "publish-after-input-set", "publish-after-invocation"]);
}

#[test]
fn daemon_while_it_removes_results() {
    let sandbox = Sandbox::new();
    for name in ["evict-before-blobs", "evict-before-file"] {
        let first = sandbox.small(name, name);
        sandbox.assert_builds(&first, &[]);
        sandbox.stop_daemon();
        let (value, note) = point(&sandbox, name);
        let clean = sandbox.ours_with(&first, &["cache", "clean", "--all"], &[(FAILPOINT, &value)]);
        assert_eq!(clean.0.status.code(), Some(2), "the daemon died: {}", clean.stderr());
        assert!(note.exists());
        sandbox.ready();
        sandbox.assert_sound();
        sandbox.assert_heals(&first);
    }
}

/// Everything in `deps` is, byte for byte, what stands there in `whole`; text may name the directory.
fn assert_nothing_half_written(dir: &Path, whole: &Path) {
    let deps = dir.join("target/debug/deps");
    for entry in fs::read_dir(&deps).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with("hyperopt-tmp") || name.contains(".rcgu") || entry.path().is_dir() {
            continue;
        }
        let (left, right) =
            (fs::read(entry.path()).expect("read"), fs::read(whole.join("target/debug/deps").join(&name)).expect(&name));
        if name.ends_with(".d") {
            let text = |bytes, dir: &Path| String::from_utf8(bytes).expect("text").replace(&dir.display().to_string(), "");
            assert_eq!(text(left, dir), text(right, whole), "{name}");
        } else {
            assert!(left == right, "{name}");
        }
    }
}

/// Cargo says of a killed wrapper what it says of a killed compiler.
fn wrapper_dies_at(sandbox: &Sandbox, name: &str, dir: &Path) {
    let (value, note) = point(sandbox, name);
    drop(fs::remove_file(&note));
    let run = sandbox.ours_with(dir, &BUILD, &[(FAILPOINT, &value)]);
    assert!(run.0.status.code() == Some(101) && run.stderr().contains("signal: 9, SIGKILL"), "{name}: {}", run.stderr());
    assert!(note.exists(), "{name} was not reached");
}

#[test]
fn wrapper_while_it_compiles() {
    let sandbox = Sandbox::new();
    for name in [
        "wrapper-before-connect",
        "wrapper-after-lookup",
        "wrapper-before-spawn",
        "wrapper-before-report",
        "wrapper-after-report",
    ] {
        let first = sandbox.small(name, name);
        wrapper_dies_at(&sandbox, name, &first);
        sandbox.assert_builds(&first, &[]);
        sandbox.assert_heals(&first);
    }
}

#[test]
fn wrapper_while_it_restores() {
    let sandbox = Sandbox::new();
    let whole = sandbox.small("whole", "restored");
    sandbox.assert_builds(&whole, &[]);
    for name in ["wrapper-before-connect", "wrapper-after-lookup", "wrapper-between-outputs", "wrapper-before-replay"] {
        let dir = sandbox.copy(&whole, name);
        sandbox.ready();
        wrapper_dies_at(&sandbox, name, &dir);
        assert_nothing_half_written(&dir, &whole);
        sandbox.assert_builds(&dir, &[]);
    }
    sandbox.assert_heals(&whole);
}

/// A crate whose compile takes so many million steps.
fn slow(sandbox: &Sandbox, name: &str, millions: u32) -> std::path::PathBuf {
    let lib = format!(
        "#![allow(long_running_const_eval)]\npub const STEPS: u64 = {{ let mut i = 0; while i < {millions}_000_000 {{ i += 1; }} i }};\n"
    );
    sandbox.project(
        name,
        [("Cargo.toml", "[package]\nname = \"slow\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"), ("src/lib.rs", lib.as_str())],
    )
}

/// Waits for the compiler, kills what `victim` picks, and gives the end of the build.
fn kill_during(running: Running, dir: &Path, victim: impl Fn() -> Option<processes::Process>) -> Run {
    let compiler = wait_for("the compiler", || processes::compiler_of("slow", dir));
    wait_for("a victim", victim).signal(Signal::SIGKILL);
    wait_until("the compiler's end", || !compiler.is_running());
    running.finish()
}

#[test]
fn compiler_and_wrapper_by_their_numbers() {
    let sandbox = Sandbox::new();
    let (first, plain) = (slow(&sandbox, "first", 900_000), slow(&sandbox, "plain", 900_000));
    let reference = kill_during(Running::start(sandbox.command("cargo", &plain).arg("build")), &plain, || {
        processes::compiler_of("slow", &plain)
    });
    let compiler = kill_during(sandbox.start(&first, &["build"]), &first, || processes::compiler_of("slow", &first));
    let wrapper = kill_during(sandbox.start(&first, &["build"]), &first, || processes::wrapper_of("slow", &first));
    for run in [&reference, &compiler, &wrapper] {
        assert_eq!(run.0.status.code(), Some(101), "{}", run.stderr());
        assert!(run.stderr().contains("could not compile `slow`"), "{}", run.stderr());
        assert!(run.stderr().contains("(signal: 9, SIGKILL: kill)"), "{}", run.stderr());
    }
    let stats = sandbox.take_stats();
    assert_eq!((stats.hits(), stats.0["cache"]["entries"].as_u64()), (0, Some(0)), "nothing is stored: {:#}", stats.0);
    edit(&first.join("src/lib.rs"), "900000_000_000", "1");
    let second = sandbox.copy(&first, "second");
    sandbox.ours(&first, &["build"]).success();
    sandbox.take_stats();
    sandbox.ours(&second, &["build"]).success();
    sandbox.take_stats().assert_all_hits(1);
}

#[test]
fn daemon_at_any_moment() {
    let sandbox = Sandbox::new();
    let mut seed: u64 = 0x5eed;
    for round in 0..20 {
        let dir = sandbox.small(&format!("round{round}"), &format!("round{round}"));
        let build = sandbox.start(&dir, &BUILD);
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The moment is the experiment; every one must do.
        std::thread::sleep(Duration::from_millis((seed >> 33) % 400)); // bounded wait: for a moment that was drawn
        sandbox.kill_daemons();
        build.finish().success();
        assert!(output(&dir).starts_with(&format!("round{round} of ")));
    }
    sandbox.assert_heals(&sandbox.path("round19"));
}
