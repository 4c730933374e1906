//! Stored bytes that are no longer what they were: blobs, and the files of the index.

use std::{
    fs::{self, File, FileTimes},
    path::{Path, PathBuf},
};

use crate::support::{
    Sandbox, files_below,
    processes::wait_until,
    small::{BUILD, UNITS},
};

/// A name and what is done to a file.
type Way = (&'static str, fn(&Path));

/// In place, so that every link of the file shows it.
fn flip(file: &Path) {
    let mut bytes = fs::read(file).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x55;
    fs::write(file, bytes).expect("written");
}

fn cut(file: &Path) {
    let len = fs::metadata(file).expect("exists").len();
    File::options().write(true).open(file).and_then(|f| f.set_len(len / 2)).expect("cut");
}

fn empty(file: &Path) {
    fs::write(file, "").expect("written");
}

fn remove(file: &Path) {
    fs::remove_file(file).expect("removed");
}

fn replace_by_directory(file: &Path) {
    fs::remove_file(file).expect("removed");
    fs::create_dir(file).expect("created");
}

/// Every way of damage to every blob: found when it is restored, compiled once more, and whole from then on.
#[test]
fn every_blob_in_every_way() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "blobs");
    sandbox.assert_builds(&first, &[]);
    sandbox.take_stats();
    let ways: [Way; 5] =
        [("flip", flip), ("cut", cut), ("empty", empty), ("remove", remove), ("directory", replace_by_directory)];
    let mut damaged = 0;
    for (way, damage) in ways {
        let blobs = files_below(&sandbox.store().join("blobs"));
        assert!(blobs.len() >= 2, "a library and a program");
        for (nth, blob) in blobs.into_iter().enumerate() {
            // Others may stand there after a repair; one that no result names any more, or a link alone, is no loss.
            if !blob.is_file() {
                continue;
            }
            sandbox.ready();
            sandbox.take_stats();
            damage(&blob);
            let dir = sandbox.copy(&first, &format!("{way}{nth}"));
            sandbox.assert_builds(&dir, &[]);
            let stats = sandbox.take_stats();
            assert!(stats.misses() <= UNITS && stats.misses() + stats.hits() == UNITS, "{way} {nth}: {:#}", stats.0);
            assert!(stats.troubles().contains_key("damaged-blob") || stats.misses() == 0, "{:#}", stats.0);
            damaged += stats.reasons().get("damaged").copied().unwrap_or(0);
            sandbox.assert_hits(&sandbox.copy(&first, &format!("{way}{nth}-again")));
        }
    }
    assert!(damaged >= 10, "damage was what made them compile again: {damaged}");
    sandbox.ours(&first, &["cache", "verify"]);
    sandbox.assert_sound();
}

/// What no signature tells is found by `cache verify`, which says so by its exit code.
#[test]
fn damage_with_the_old_time() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "times");
    sandbox.assert_builds(&first, &[]);
    sandbox.take_stats();
    sandbox.assert_sound();
    for blob in files_below(&sandbox.store().join("blobs")) {
        let time = fs::metadata(&blob).and_then(|m| m.modified()).expect("a time");
        flip(&blob);
        let file = File::options().write(true).open(&blob).expect("opened");
        file.set_times(FileTimes::new().set_modified(time)).expect("set");
    }
    let verify = sandbox.ours(&first, &["cache", "verify"]);
    assert_eq!(verify.0.status.code(), Some(1), "{}", verify.stdout());
    assert!(verify.stdout().contains("damaged"), "{}", verify.stdout());
    sandbox.assert_sound();
    sandbox.assert_heals(&first);
}

const GARBAGE: &[u8] = b"this is not what RocksDB has written; it is long enough to fill more than one of its records\n";

fn garbage(file: &Path) {
    fs::write(file, GARBAGE.repeat(40)).expect("written");
}

/// Damages every file of the index whose name begins or ends like that, while no daemon runs.
fn index_file(pattern: &str, graceful: bool) {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "index");
    sandbox.assert_builds(&first, &[]);
    sandbox.take_stats();
    let ways: [Way; 3] = [("garbage", garbage), ("cut", cut), ("remove", remove)];
    for (way, damage) in ways {
        if graceful {
            sandbox.stop_daemon();
        } else {
            sandbox.kill_daemons();
        }
        let matches = |p: &PathBuf| {
            let name = p.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with(pattern) || name.ends_with(pattern)
        };
        let files: Vec<PathBuf> = files_below(&sandbox.store().join("db")).into_iter().filter(matches).collect();
        assert!(!files.is_empty(), "no {pattern}");
        files.iter().for_each(|file| damage(file));
        let dir = sandbox.copy(&first, way);
        sandbox.assert_builds(&dir, &[]);
        sandbox.assert_heals(&dir);
    }
}

#[test]
fn index_current() {
    index_file("CURRENT", true);
}

#[test]
fn index_manifest() {
    index_file("MANIFEST-", true);
}

#[test]
fn index_tables() {
    index_file(".sst", true);
}

#[test]
fn index_log() {
    index_file(".log", false);
}

#[test]
fn index_options() {
    index_file("OPTIONS-", true);
}

#[test]
fn index_removed_under_the_daemon() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "gone");
    sandbox.assert_builds(&first, &[]);
    sandbox.take_stats();
    for n in 0..2 {
        let old = sandbox.daemons();
        fs::remove_dir_all(sandbox.store().join("db")).expect("removed");
        let dir = sandbox.copy(&first, &format!("db{n}"));
        sandbox.assert_builds(&dir, &[]);
        wait_until("the old daemon's end", || !old.iter().any(|d| d.is_running()));
        sandbox.assert_heals(&dir);
    }
}

#[test]
fn store_removed_under_the_daemon() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "gone");
    sandbox.assert_builds(&first, &[]);
    sandbox.take_stats();
    for n in 0..2 {
        let old = sandbox.daemons();
        assert_eq!(old.len(), 1);
        fs::remove_dir_all(sandbox.store()).expect("removed");
        let dir = sandbox.copy(&first, &format!("store{n}"));
        sandbox.assert_builds(&dir, &[]);
        sandbox.assert_heals(&dir);
        let successor: Vec<i32> = sandbox.daemons().iter().map(|d| d.pid).filter(|pid| *pid != old[0].pid).collect();
        assert_eq!(successor.len(), 1, "another daemon serves the new store");
        wait_until("the old daemon's end", || !old[0].is_running());
        // Its end does no harm to what stands at its paths now.
        assert!(sandbox.store().join("run/daemon.sock").exists());
        sandbox.assert_hits(&sandbox.copy(&first, &format!("after{n}")));
        assert_eq!(sandbox.daemons().iter().map(|d| d.pid).collect::<Vec<_>>(), successor);
    }
}

#[test]
fn store_of_a_newer_version_is_not_touched() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "newer");
    sandbox.assert_builds(&first, &[]);
    sandbox.stop_daemon();
    let version = sandbox.store().join("VERSION");
    let known = fs::read_to_string(&version).expect("read");
    fs::write(&version, "999\n").expect("written");
    let before = files_below(&sandbox.store().join("db"));
    let second = sandbox.copy(&first, "second");
    let run = sandbox.assert_builds(&second, &[]);
    assert!(run.stderr().matches("Hyperopt").count() == 1 && run.stderr().contains("format 999"), "{}", run.stderr());
    sandbox.kill_daemons();
    assert_eq!(files_below(&sandbox.store().join("db")), before);
    fs::write(&version, known).expect("written");
    let third = sandbox.copy(&first, "third");
    sandbox.ready();
    sandbox.take_stats();
    sandbox.ours(&third, &BUILD).success();
    sandbox.take_stats().assert_all_hits(UNITS);
}
