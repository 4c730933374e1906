//! The index damaged on disk, in every kind of file it has.

use std::path::PathBuf;

use super::*;

/// A store with tables, a log with unflushed writes, and one blob; as a killed process would leave it.
fn killed() -> (TempDir, Digest) {
    let dir = temp();
    let store = open(&dir);
    (0..200).for_each(|n| store.put_externs(&key(n), &["x".repeat(100)]).expect("put"));
    drop(store);
    let store = open(&dir);
    let digest = ingest(&store, &file(&dir, "a", b"content"), false);
    assert!(store.put_action_if_absent(&key(1), &done(&[digest])).expect("put"));
    (200..400).for_each(|n| store.put_externs(&key(n), &["x".repeat(100)]).expect("put"));
    let copy = temp();
    copy_tree(&dir.path().join("store"), &copy.path().join("store"));
    (copy, digest)
}

fn copy_tree(from: &Path, to: &Path) {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(to).expect("created");
    for entry in fs::read_dir(from).expect("readable").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_tree(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copied");
        }
    }
}

fn files_of(dir: &TempDir, wanted: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(dir.path().join("store/db")).expect("db").flatten().map(|e| e.path());
    let found: Vec<_> = all
        .filter(|p| {
            let name = p.file_name().and_then(|n| n.to_str()).unwrap_or_default();
            name.starts_with(wanted) || name.ends_with(wanted)
        })
        .collect();
    assert!(!found.is_empty(), "no {wanted}");
    found
}

type Spoil = fn(&[u8]) -> Vec<u8>;

/// Ways to spoil a file.
const SPOIL: [(&str, Spoil); 6] = [
    ("junk", |b| vec![0xa5; b.len().max(64)]),
    ("text", |_| b"garbage\n".to_vec()),
    ("empty", |_| vec![]),
    ("half", |b| b[..b.len() / 2].to_vec()),
    ("last byte", |b| b[..b.len().saturating_sub(1)].to_vec()),
    ("zero tail", |b| {
        let mut bytes = b.to_vec();
        let tail = bytes.len() / 2;
        bytes[tail..].fill(0);
        bytes
    }),
];

/// Whatever is in it, the store works.
fn is_of_use(dir: &TempDir, digest: Digest, what: &str) {
    let store = open(dir);
    for n in 0..400 {
        let found = store.externs(&key(n));
        assert!(found.is_none_or(|names| names == ["x".repeat(100)]), "{what}: never a wrong value");
    }
    let blob = store.ingest(&dir.path().join("a"), &file_sig(dir), false).unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(blob, digest, "{what}");
    store.put_action_if_absent(&key(1), &done(&[digest])).unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(store.action(&key(1)), Some(done(&[digest])), "{what}");
    assert!(store.blob(&digest).is_some(), "{what}");
    store.flush().unwrap_or_else(|e| panic!("{what}: {e}"));
    store.clean(false, false).unwrap_or_else(|e| panic!("{what}: {e}"));
    store.verify().unwrap_or_else(|e| panic!("{what}: {e}"));
    assert_eq!(store.sizes().blobs, 1, "{what}");
    assert_eq!(store.degraded(), None, "{what}");
    drop(store);
    assert_eq!(open(dir).action(&key(1)), Some(done(&[digest])), "{what}: and again");
}

fn file_sig(dir: &TempDir) -> FileSig {
    FileSig::of(&file(dir, "a", b"content")).expect("signature")
}

fn spoil_each(wanted: &str) {
    for (how, spoil) in SPOIL {
        let (dir, digest) = killed();
        for path in files_of(&dir, wanted) {
            let spoiled = spoil(&fs::read(&path).expect("read"));
            fs::write(&path, spoiled).expect("spoiled");
        }
        is_of_use(&dir, digest, &format!("{wanted}, {how}"));
    }
}

#[test]
fn a_spoiled_current() {
    spoil_each("CURRENT");
}

#[test]
fn a_spoiled_manifest() {
    spoil_each("MANIFEST");
}

#[test]
fn a_spoiled_table() {
    spoil_each(".sst");
}

#[test]
fn a_spoiled_log() {
    spoil_each(".log");
}

#[test]
fn a_spoiled_identity_and_options() {
    spoil_each("IDENTITY");
    spoil_each("OPTIONS");
}

#[test]
fn any_file_missing() {
    for wanted in ["CURRENT", "MANIFEST", ".sst", ".log", "IDENTITY", "OPTIONS"] {
        let (dir, digest) = killed();
        files_of(&dir, wanted).iter().for_each(|p| fs::remove_file(p).expect("removed"));
        is_of_use(&dir, digest, &format!("{wanted}, missing"));
    }
    let (dir, digest) = killed();
    fs::remove_dir_all(dir.path().join("store/db")).expect("removed");
    fs::write(dir.path().join("store/db"), "in the way").expect("file in the way");
    is_of_use(&dir, digest, "db is a file");
}

#[test]
fn nothing_is_lost_when_nothing_is_damaged() {
    let (dir, digest) = killed();
    let store = open(&dir);
    assert!((0..400).all(|n| store.externs(&key(n)).is_some()), "the log is replayed");
    assert_eq!(store.action(&key(1)), Some(done(&[digest])));
    assert_eq!(store.notices(), []);
}

#[test]
fn the_damage_is_told_once_and_the_blobs_are_adopted() {
    let (dir, digest) = killed();
    fs::write(dir.path().join("store/db/CURRENT"), "garbage").expect("spoiled");
    let store = open(&dir);
    assert_eq!(store.action(&key(1)), None);
    assert!(store.blob(&digest).is_some(), "adopted after a look at its bytes");
    assert_eq!((store.sizes().blobs, store.sizes().blob_bytes), (1, 7));
    assert_eq!(store.notices().len(), 1);
    assert_eq!(store.totals().troubles["damaged-index"], 1);
    let aside = fs::read_dir(dir.path().join("store/quarantine")).expect("quarantine").flatten();
    assert!(aside.map(|e| e.file_name()).any(|n| n.to_string_lossy().starts_with("db-")));
    drop(store);
    assert_eq!(open(&dir).notices().len(), 1, "not again");
}
