//! `kill -9` while units are put in place or taken in: whatever was cut off is not fresh, and the next build is right.

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;

use crate::support::{Run, exe, kit::Kit, processes::wait_until};

const FAILPOINT: &str = "RUSTC_HYPEROPT_FAILPOINT";
const BUILD: [&str; 1] = ["build"];
const PROGRAM: &str = "target/debug/app";

/// Which of the times a point is reached are tried: a few, or as many as this variable says.
fn times(few: &[u32]) -> Vec<u32> {
    match std::env::var("HYPEROPT_KILLS").ok().and_then(|n| n.parse().ok()) {
        Some(most) => (1..=most).collect(),
        None => few.to_vec(),
    }
}

/// The variable's value, and the file that tells that the point was reached.
fn point(kit: &Kit, name: &str) -> (String, PathBuf) {
    let note = kit.sandbox.path("reached").join(name);
    fs::create_dir_all(note.parent().expect("has one")).expect("created");
    drop(fs::remove_file(&note));
    (format!("{name}@{}", note.display()), note)
}

/// A copy in which our command has died at this point; nothing if there is no such point.
fn killed(kit: &Kit, name: &str) -> Option<PathBuf> {
    kit.sandbox.ready();
    let (dir, (value, note)) = (kit.copy(&format!("killed/{}", name.replace(':', " "))), point(kit, name));
    let run = kit.sandbox.ours_with(&dir, &BUILD, &[(FAILPOINT, &value)]);
    if !note.exists() {
        run.success();
        return None;
    }
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&run.0.status), Some(Signal::SIGKILL as i32));
    assert!(!dir.join(PROGRAM).exists());
    Some(dir)
}

/// As [`killed`], for a cargo that only knows our wrapper: it goes on by itself.
fn helper_killed(kit: &Kit, name: &str) -> Option<PathBuf> {
    kit.sandbox.ready();
    let (dir, (value, note)) = (kit.copy(&format!("helper/{}", name.replace(':', " "))), point(kit, name));
    let mut command = kit.sandbox.command("cargo", &dir);
    Run::of(command.args(BUILD).env("RUSTC_WRAPPER", exe()).env(FAILPOINT, &value)).success();
    note.exists().then_some(dir)
}

#[test]
fn while_units_are_put_in_place() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let plain = kit.reference("first", &BUILD);
    let between = times(&[1, 2, 9, 26, 45]).into_iter().map(|n| format!("seed-between-files:{n}"));
    let points = between.chain(["seed-before-place".into(), "seed-before-marker".into()]);
    let mut met = 0;
    for (n, name) in points.enumerate() {
        let Some(dir) = killed(&kit, &name) else { continue };
        met += 1;
        if n % 2 == 0 {
            kit.plain(&dir, &BUILD)
        } else {
            kit.ours(&dir, &BUILD)
        };
        kit.assert_like(&dir, &plain, &BUILD, PROGRAM);
    }
    assert!(met >= 7, "{met} points");
    for name in ["seed-before-place", "seed-between-files:17"] {
        let dir = helper_killed(&kit, name).expect("reached");
        kit.assert_like(&dir, &plain, &BUILD, PROGRAM);
    }
    // And nothing of that has come into the store.
    kit.settle();
    let copy = kit.copy("copy");
    kit.ours(&copy, &BUILD).assert_made(&["app"]);
    kit.assert_like(&copy, &plain, &BUILD, PROGRAM);
}

/// Dies while it takes in what a plain build has left.
fn daemon_killed(kit: &Kit, n: usize, name: &str) -> bool {
    kit.sandbox.stop_daemon();
    drop(fs::remove_dir_all(kit.app.join("target/.rustc-hyperopt")));
    let (value, note) = point(kit, name);
    let env = [(FAILPOINT, value.as_str())];
    let starts = || kit.sandbox.ours_with(&kit.app, &["cache", "--size"], &env).0.status.success();
    wait_until("a daemon", || {
        drop(fs::remove_file(kit.sandbox.store().join("run/breaker")));
        starts()
    });
    // Another command: of one that is known to need nothing more, nothing is taken in again.
    let config = format!("net.retry={n}");
    kit.sandbox.ours_with(&kit.app, &["build", "--config", &config], &env).success();
    if name.contains(':') {
        // It may have less to do than that.
        kit.sandbox.stop_daemon();
    } else {
        wait_until(name, || note.exists());
    }
    kit.sandbox.kill_daemons();
    note.exists()
}

#[test]
fn while_units_are_taken_in() {
    let kit = Kit::new();
    let plain = kit.reference("first", &BUILD);
    kit.plain(&kit.app, &BUILD);
    let right = |dir: &Path| kit.assert_like(dir, &plain, &BUILD, PROGRAM);
    let between = times(&[1, 4, 8, 11]).into_iter().map(|n| format!("ingest-between-units:{n}"));
    let points = between.chain(["ingest-before-note".into()]);
    let mut met = 0;
    for (n, name) in points.enumerate() {
        if !daemon_killed(&kit, n, &name) {
            continue;
        }
        met += 1;
        right(&kit.app);
        let copy = kit.copy(&format!("after {n}"));
        kit.sandbox.ready();
        kit.ours(&copy, &BUILD);
        right(&copy);
        kit.sandbox.ready();
        kit.sandbox.assert_sound();
    }
    assert!(met >= 5, "{met} points");
    kit.settle();
    let copy = kit.copy("copy");
    kit.ours(&copy, &BUILD).assert_made(&["app"]);
    right(&copy);
}
