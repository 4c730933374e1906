//! A disk that takes nothing more, played by a limit on the size of files in a process of its own.

use std::process::Command;

use nix::sys::{
    resource::{Resource, getrlimit, setrlimit},
    signal::{SigSet, Signal},
};

use super::*;

/// Set in the process that is limited.
const ALONE: &str = "HYPEROPT_TEST_ALONE";

/// Runs the test below in a process where the limit harms nobody else.
#[test]
fn a_full_disk_is_told_and_gets_better() {
    let program = std::env::current_exe().expect("test program");
    let name = "store::tests::full::in_a_process_of_its_own";
    let run = Command::new(program).args(["--exact", name]).env(ALONE, "1").output().expect("started");
    let text = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && text.contains("1 passed"), "{text}{}", String::from_utf8_lossy(&run.stderr));
}

#[test]
fn in_a_process_of_its_own() {
    if std::env::var_os(ALONE).is_none() {
        return; // Limits the whole process; the test above runs it.
    }
    // Without this the first write over the limit would end the process; threads started later inherit it.
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    signals.thread_block().expect("blocked");
    let dir = temp();
    let store = open(&dir);
    let first = ingest(&store, &file(&dir, "first", &[1; 10_000]), false);
    let big = file(&dir, "big", &[2; 1_000_000]);
    let (_, hard) = getrlimit(Resource::RLIMIT_FSIZE).expect("limit");
    setrlimit(Resource::RLIMIT_FSIZE, 65_536, hard).expect("limited");

    let error = store.ingest(&big, &FileSig::of(&big).expect("signature"), false).expect_err("too big");
    assert!(matches!(error, StoreError::Io(_)), "{error}");
    assert!(store.degraded().is_some());
    let failed = (0..1_000).find(|n| store.put_externs(&key(*n), &["x".repeat(1_000)]).is_err());
    assert!(failed.is_some(), "the log outgrows the limit");
    assert!(store.degraded().is_some_and(|text| text.contains("store/db")));
    assert!(store.blob(&first).is_some(), "what is there can be used");
    assert_eq!(store.externs(&key(0)), Some(vec!["x".repeat(1_000)]));

    drop(store);
    setrlimit(Resource::RLIMIT_FSIZE, 0, hard).expect("limited");
    let store = open(&dir);
    assert!(store.degraded().is_some(), "opened for reading alone");
    assert!(store.put_externs(&key(0), &[]).is_err());
    assert!(store.blob(&first).is_some());
    assert_eq!(store.externs(&key(0)), Some(vec!["x".repeat(1_000)]));

    setrlimit(Resource::RLIMIT_FSIZE, hard, hard).expect("unlimited");
    let started = std::time::Instant::now();
    while store.put_externs(&key(5_000), &[]).is_err() {
        assert!(started.elapsed() < Duration::from_secs(60), "{:?}", store.degraded());
        std::thread::yield_now();
    }
    ingest(&store, &big, false);
    assert_eq!(store.degraded(), None);
    assert!(store.notices().is_empty(), "a full disk is no damage");
    assert_eq!(store.externs(&key(0)), Some(vec!["x".repeat(1_000)]));
}
