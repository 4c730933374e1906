//! Tests of the store as its users see it.

use std::{fs, path::Path, sync::Arc, time::Duration};

use tempfile::TempDir;

use super::{Limits, Snapshot, Store, StoreError};
use crate::{
    artifact::{
        Content, Cost, Manifest, Output,
        record::{Action, InvocationRecord, Split},
    },
    base::{digest::Digest, fs::FileSig, names::OutputName},
    fingerprint::{Component, InputSet, Part},
};

mod blobs;
mod commands;
mod damage;
mod digests;
mod evict;
mod full;
mod statistics;
mod timings;

const PLENTY: Limits = Limits { max_bytes: 1 << 40, retention_days: 0 };

fn temp() -> TempDir {
    tempfile::tempdir().expect("temporary directory")
}

fn open(dir: &TempDir) -> Store {
    open_with(dir, PLENTY)
}

fn open_with(dir: &TempDir, limits: Limits) -> Store {
    Store::open(&dir.path().join("store"), limits).expect("store opens")
}

fn key(n: u64) -> Digest {
    Digest::of(&n.to_le_bytes())
}

/// A file whose write time is far enough in the past to be trusted.
fn file(dir: &TempDir, name: &str, bytes: &[u8]) -> std::path::PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, bytes).expect("test file");
    age(&path);
    path
}

fn age(path: &Path) {
    let old = std::time::SystemTime::now() - Duration::from_secs(100);
    fs::File::open(path).and_then(|f| f.set_modified(old)).expect("time set back");
}

fn ingest(store: &Store, path: &Path, link: bool) -> Digest {
    store.ingest(path, &FileSig::of(path).expect("signature"), link).expect("ingested")
}

fn done(blobs: &[Digest]) -> Action {
    let outputs = blobs.iter().enumerate().map(|(n, digest)| Output {
        name: OutputName::new(format!("out{n}")).expect("plain name"),
        emit: "link".into(),
        content: Content::Blob(*digest),
        len: 1,
        executable: false,
        linkable: true,
    });
    Action::Done(Manifest {
        unit: "u 1.0 lib".into(),
        outputs: outputs.collect(),
        stdout: vec![],
        stderr: b"warning".to_vec(),
        externs: vec!["liba.rlib".into()],
        cost: Cost { wall_ms: 1, cpu_ms: 2, max_rss_kib: 3 },
    })
}

#[test]
fn everything_comes_back_after_a_restart() -> Result<(), StoreError> {
    let dir = temp();
    let set = InputSet { files: vec![b"src/lib.rs".to_vec()], ..InputSet::default() };
    let record = InvocationRecord { input_sets: vec![key(2)] };
    let snapshot = |n| Snapshot {
        components: vec![Component { part: Part::Source, name: "a".into(), short: n }],
        action: key(n),
        sketch: vec![],
    };
    {
        let store = open(&dir);
        assert_eq!(store.invocation(&key(1)), None);
        store.put_invocation(&key(1), &record)?;
        store.put_input_set(&key(2), &set)?;
        store.put_externs(&key(3), &["libx.rlib".into()])?;
        assert!(store.put_action_if_absent(&key(4), &done(&[]))?);
        for n in [1, 2, 3, 4, 5, 6, 7, 5] {
            store.remember_unit("u 1.0 lib", snapshot(n))?;
        }
        store.flush()?;
    }
    let store = open(&dir);
    assert_eq!(store.invocation(&key(1)), Some(record));
    assert_eq!(store.input_set(&key(2)), Some(set));
    assert_eq!(store.externs(&key(3)), Some(vec!["libx.rlib".to_owned()]));
    assert_eq!(store.action(&key(4)), Some(done(&[])));
    let units: Vec<_> = store.unit("u 1.0 lib").iter().map(|s| s.action).collect();
    assert_eq!(units, [5, 7, 6, 4, 3, 2].map(key), "the newest six, each key once");
    assert_eq!(store.unit("other"), []);
    store.remove_action(&key(4))?;
    assert_eq!(store.action(&key(4)), None);
    assert_eq!(store.sizes().entries, 0);
    Ok(())
}

#[test]
fn the_first_writer_wins() {
    let dir = temp();
    let store = Arc::new(open(&dir));
    let won: usize = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|n| {
                let store = Arc::clone(&store);
                scope.spawn(move || store.put_action_if_absent(&key(1), &done(&[key(n)])).expect("put"))
            })
            .collect();
        writers.into_iter().map(|w| usize::from(w.join().expect("joined"))).sum()
    });
    assert_eq!(won, 1);
    let first = store.action(&key(1));
    assert!(!store.put_action_if_absent(&key(1), &Action::Split(Split { cwd: true, ..Split::default() })).expect("put"));
    assert_eq!(store.action(&key(1)), first);
}

#[test]
fn a_newer_store_is_not_touched_and_an_older_one_makes_room() -> std::io::Result<()> {
    let dir = temp();
    let root = dir.path().join("store");
    let store = open(&dir);
    ingest(&store, &file(&dir, "a", b"content"), false);
    drop(store);
    let listing = || -> Vec<_> {
        let mut all = vec![];
        let mut dirs = vec![root.clone()];
        while let Some(next) = dirs.pop() {
            for entry in fs::read_dir(next).expect("readable").flatten() {
                let meta = entry.metadata().expect("metadata");
                all.push((entry.path(), FileSig::from_metadata(&meta)));
                if meta.is_dir() {
                    dirs.push(entry.path());
                }
            }
        }
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    };
    fs::write(root.join("VERSION"), "99\n")?;
    let before = listing();
    let error = Store::open(&root, PLENTY).err().expect("refused");
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("hint: "));
    assert_eq!(listing(), before);

    for old in ["0\n", "1\n", "2\n", "3\n", "5\n", "", "garbage", "\u{1}\u{2}"] {
        fs::write(root.join("VERSION"), old)?;
        let store = open(&dir);
        assert_eq!(store.sizes().blobs, 0, "{old:?}");
        assert_eq!(fs::read_to_string(root.join("VERSION"))?, "6\n");
        ingest(&store, &file(&dir, "a", b"content"), false);
    }
    Ok(())
}

#[test]
fn one_process_at_a_time() {
    let dir = temp();
    let store = open(&dir);
    let second = Store::open(store.root(), PLENTY).err().expect("refused");
    assert!(matches!(second, StoreError::Busy { .. }), "{second}");
    assert!(store.put_externs(&key(1), &[]).is_ok());
}

#[test]
fn leftovers_are_swept() -> std::io::Result<()> {
    let dir = temp();
    drop(open(&dir));
    let root = dir.path().join("store");
    fs::write(root.join("tmp/.blob.1-1.hyperopt-tmp"), "x")?;
    fs::write(root.join(".VERSION.1-1.hyperopt-tmp"), "x")?;
    fs::write(root.join("daemon.lock"), "x")?;
    let store = open(&dir);
    assert_eq!(fs::read_dir(root.join("tmp"))?.count(), 0);
    assert!(!root.join(".VERSION.1-1.hyperopt-tmp").exists());
    assert!(root.join("daemon.lock").exists(), "not ours");
    drop(store);
    Ok(())
}

#[test]
fn a_file_in_the_way_is_an_error_with_a_path() {
    let dir = temp();
    let root = file(&dir, "store", b"not a directory");
    let error = Store::open(&root, PLENTY).err().expect("refused");
    assert!(matches!(error, StoreError::Io(_)), "{error}");
    assert!(error.to_string().contains("/store"), "{error}");

    let dir = temp();
    let store = open(&dir);
    let source = file(&dir, "a", b"content");
    let digest = Digest::of(b"content");
    let shard = store.blob_path(&digest).parent().expect("shard").to_owned();
    fs::write(&shard, "in the way").expect("file in the way");
    let error = store.ingest(&source, &FileSig::of(&source).expect("signature"), false).expect_err("no place");
    assert!(error.to_string().contains(&shard.display().to_string()), "{error}");
    assert!(store.degraded().is_some_and(|text| text == error.to_string()));
    assert_eq!(store.blob(&digest), None, "nothing half-published");
    fs::remove_file(&shard).expect("removed");
    assert_eq!(ingest(&store, &source, false), digest);
    assert_eq!(store.degraded(), None);
}

#[test]
fn a_store_removed_under_us_is_noticed() {
    let dir = temp();
    let store = open(&dir);
    assert!(!store.is_gone());
    fs::remove_dir_all(store.root()).expect("removed");
    assert!(store.is_gone());
    let source = file(&dir, "a", b"content");
    assert!(store.ingest(&source, &FileSig::of(&source).expect("signature"), false).is_err());
    drop(store);
    ingest(&open(&dir), &source, false);
}
