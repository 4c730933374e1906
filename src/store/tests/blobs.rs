//! Blobs: coming in, being trusted, being damaged.

use std::io::{Seek, SeekFrom, Write};

use super::*;

fn overwrite(path: &Path, at: u64, byte: u8) {
    let mut file = fs::OpenOptions::new().write(true).open(path).expect("opened");
    file.seek(SeekFrom::Start(at)).expect("sought");
    file.write_all(&[byte]).expect("written");
}

/// Flips a bit and leaves size and write time as they were, as a failing disk does.
fn rot(path: &Path, at: u64) {
    let time = fs::metadata(path).and_then(|m| m.modified()).expect("time");
    let bytes = fs::read(path).expect("read");
    let i = usize::try_from(at).expect("small");
    overwrite(path, at, bytes[i] ^ 0x10);
    fs::File::open(path).and_then(|f| f.set_modified(time)).expect("time restored");
}

fn leftovers(store: &Store) -> usize {
    fs::read_dir(store.root().join("tmp")).expect("tmp").count()
}

#[test]
fn the_same_content_is_stored_once() {
    let dir = temp();
    let store = open(&dir);
    let (a, b) = (file(&dir, "a", b"content"), file(&dir, "b", b"content"));
    let digest = ingest(&store, &a, false);
    assert_eq!(digest, Digest::of(b"content"));
    let first = store.blob(&digest).expect("there");
    assert_eq!(ingest(&store, &b, false), digest);
    assert_eq!(ingest(&store, &a, true), digest);
    assert_eq!(store.blob(&digest).expect("there").sig, first.sig);
    assert_eq!(fs::read(&first.path).expect("read"), b"content");
    let sizes = store.sizes();
    assert_eq!((sizes.blobs, sizes.blob_bytes), (1, 7));
    assert_eq!(leftovers(&store), 0);
    drop(store);
    let sizes = open(&dir).sizes();
    assert_eq!((sizes.blobs, sizes.blob_bytes), (1, 7), "counted again at the start");
}

#[test]
fn eight_threads_store_one_blob() {
    let dir = temp();
    let store = Arc::new(open(&dir));
    let content = vec![7; 300_000];
    let files: Vec<_> = (0..8).map(|n| file(&dir, &format!("f{n}.rlib"), &content)).collect();
    std::thread::scope(|scope| {
        for (n, path) in files.iter().enumerate() {
            let store = &store;
            scope.spawn(move || assert_eq!(ingest(store, path, n % 2 == 0), Digest::of(&[7; 300_000])));
        }
    });
    assert_eq!((store.sizes().blobs, store.sizes().blob_bytes), (1, 300_000));
    assert!(store.blob(&Digest::of(&content)).is_some());
    assert!(store.totals().troubles.is_empty());
    assert_eq!(leftovers(&store), 0);
}

#[test]
fn a_linked_blob_shares_the_inode_and_notices_writes() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "liba.rlib", b"content");
    let digest = ingest(&store, &path, true);
    let blob = store.blob(&digest).expect("there");
    if blob.sig.inode != FileSig::of(&path).expect("signature").inode {
        return; // a file system with reflinks
    }
    age(&path);
    assert!(store.blob(&digest).is_some(), "another time, but the same bytes");
    overwrite(&path, 3, b'X');
    assert_eq!(store.blob(&digest), None);
    assert_eq!(store.totals().troubles["damaged-blob"], 1);
    assert_eq!(store.sizes().blob_bytes, 0);
    fs::write(&path, b"content").expect("mended");
    age(&path);
    assert_eq!(ingest(&store, &path, true), digest);
    assert!(store.blob(&digest).is_some(), "healed");
}

#[test]
fn a_write_in_the_same_tick_as_the_hashing_is_noticed() {
    let dir = temp();
    let store = open(&dir);
    let path = dir.path().join("liba.rlib");
    fs::write(&path, b"content").expect("written");
    let time = fs::metadata(&path).and_then(|m| m.modified()).expect("time");
    let digest = ingest(&store, &path, true);
    let blob = store.blob_path(&digest);
    overwrite(&blob, 3, b'X');
    fs::File::open(&blob).and_then(|f| f.set_modified(time)).expect("time restored");
    // Only where the hashing was done at once: else the times differ by more than a tick.
    let info: crate::store::BlobInfo = store.index.get(crate::store::Table::Blobs, &digest.0).expect("known");
    if info.hashed_at - info.sig.mtime < 20_000_000 {
        assert_eq!(store.blob(&digest), None);
    }
}

#[test]
fn a_changed_source_is_refused() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "a", b"content");
    let sig = FileSig::of(&path).expect("signature");
    fs::write(&path, b"changed").expect("written");
    for link in [true, false] {
        assert!(matches!(store.ingest(&path, &sig, link), Err(StoreError::Changed { .. })));
    }
    fs::remove_file(&path).expect("removed");
    assert!(matches!(store.ingest(&path, &sig, false), Err(StoreError::Io(_))));
    assert_eq!(store.sizes().blobs, 0);
    assert_eq!(store.degraded(), None, "no fault of the store");
    assert_eq!(leftovers(&store), 0);
}

#[test]
fn truncated_and_missing_blobs_are_misses() {
    let dir = temp();
    let store = open(&dir);
    for (n, len) in [0, 1, 500, 999].into_iter().enumerate() {
        let digest = ingest(&store, &file(&dir, "a", &[u8::try_from(n).expect("small"); 1000]), false);
        let path = store.blob_path(&digest);
        let time = fs::metadata(&path).and_then(|m| m.modified()).expect("time");
        let file = fs::OpenOptions::new().write(true).open(&path).expect("opened");
        file.set_len(len).and_then(|()| file.set_modified(time)).expect("truncated");
        assert_eq!(store.blob(&digest), None, "{len}");
        assert!(!path.exists());
    }
    let digest = ingest(&store, &file(&dir, "a", b"content"), false);
    fs::remove_file(store.blob_path(&digest)).expect("removed");
    assert_eq!(store.blob(&digest), None);
    assert_eq!((store.sizes().blobs, store.sizes().blob_bytes), (0, 0));
}

#[test]
fn verify_finds_every_flipped_bit() {
    let dir = temp();
    let store = open(&dir);
    let content: Vec<u8> = (0..4096_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let path = file(&dir, "a", &content);
    for (n, at) in (0..4096_u64).step_by(128).chain([4095]).enumerate() {
        let digest = ingest(&store, &path, false);
        assert!(store.put_action_if_absent(&key(1), &done(&[digest])).expect("put"), "{at}");
        rot(&store.blob_path(&digest), at);
        let outcome = store.verify().expect("verified");
        assert_eq!((outcome.checked, outcome.damaged, outcome.incomplete, outcome.bytes), (1, 1, 1, 0), "{at}");
        assert_eq!(store.blob(&digest), None);
        assert_eq!(store.action(&key(1)), None);
        assert_eq!(store.totals().troubles["damaged-blob"], n as u64 + 1);
    }
    assert_eq!(fs::read_dir(store.root().join("quarantine")).expect("quarantine").count(), 8, "no more than eight");
    ingest(&store, &path, false);
    let outcome = store.verify().expect("verified");
    assert_eq!((outcome.checked, outcome.damaged, outcome.incomplete, outcome.bytes), (1, 0, 0, 4096));
    assert_eq!(store.verify().expect("again"), outcome, "nothing to repair, nothing changes");
}

#[test]
fn bytes_that_were_never_synced_are_read_again_after_a_reboot() {
    let dir = temp();
    let mut store = open(&dir);
    let path = file(&dir, "liba.rlib", b"content");
    let digest = ingest(&store, &path, true);
    let linked = |store: &Store| FileSig::of(&path).ok().map(|s| s.inode) == store.blob(&digest).map(|b| b.sig.inode);
    if !linked(&store) || store.boot == 0 {
        return; // synced instead
    }
    rot(&store.blob_path(&digest), 2);
    assert!(store.blob(&digest).is_some(), "nothing shows it before");
    store.boot ^= 1;
    assert_eq!(store.blob(&digest), None);
}

#[test]
fn reading_in_any_case_finds_what_nothing_shows() {
    let dir = temp();
    let store = open(&dir);
    let digest = ingest(&store, &file(&dir, "a", b"content"), false);
    age(&store.blob_path(&digest));
    assert!(store.verified_blob(&digest).is_some());
    rot(&store.blob_path(&digest), 2);
    assert!(store.blob(&digest).is_some());
    assert_eq!(store.verified_blob(&digest), None);
    assert_eq!(store.blob(&digest), None, "set aside");
}

#[test]
fn a_blob_set_aside_by_request_is_gone() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "a", b"content");
    let digest = ingest(&store, &path, false);
    store.quarantine_blob(&digest);
    store.quarantine_blob(&digest);
    assert_eq!(store.blob(&digest), None);
    assert_eq!(store.totals().troubles["damaged-blob"], 1);
    assert_eq!(ingest(&store, &path, false), digest);
    assert!(store.blob(&digest).is_some());
}
