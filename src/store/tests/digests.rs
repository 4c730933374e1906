//! Digests of files: when they are remembered and when not.

use super::*;
use crate::base::digest::DigestFile;

/// Makes the store believe that the file had this content, to see whether it reads it.
fn plant(store: &Store, path: &Path) -> Digest {
    store.learn(&FileSig::of(path).expect("signature"), key(99));
    key(99)
}

#[test]
fn an_unchanged_file_is_not_read_again_even_after_a_restart() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "lib.rs", b"one");
    let planted = plant(&store, &path);
    assert_eq!(store.digest(&path).expect("digest").0, planted);
    drop(store);
    let store = open(&dir);
    assert_eq!(store.digest(&path).expect("digest").0, planted);
    store.forget_digests();
    assert_eq!(store.digest(&path).expect("digest").0, planted);
}

#[test]
fn edits_of_the_same_size_are_seen_even_with_the_old_time() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "lib.rs", b"one");
    let time = fs::metadata(&path).and_then(|m| m.modified()).expect("time");
    plant(&store, &path);
    fs::write(&path, b"two").expect("edited");
    fs::File::open(&path).and_then(|f| f.set_modified(time)).expect("time restored");
    // The change time cannot be set back; it may only share a tick with the moment of planting.
    let same_tick = store.digest(&path).expect("digest").1.ctime;
    store.learn(&FileSig { ctime: same_tick - 1, ..FileSig::of(&path).expect("signature") }, key(99));
    assert_eq!(store.digest(&path).expect("digest").0, Digest::of(b"two"));
}

#[test]
fn fresh_files_are_not_remembered() {
    let dir = temp();
    let store = open(&dir);
    let path = dir.path().join("lib.rs");
    let future = std::time::SystemTime::now() + Duration::from_secs(1000);
    for content in [b"one", b"two", b"six"] {
        fs::write(&path, content).expect("written");
        fs::File::open(&path).and_then(|f| f.set_modified(future)).expect("time set");
        let (digest, sig) = store.digest(&path).expect("digest");
        assert_eq!(digest, Digest::of(content));
        assert_eq!(store.known_digest(&path, &sig), None);
    }
}

#[test]
fn outputs_keep_their_digest_when_they_are_linked() {
    let dir = temp();
    let store = open(&dir);
    for (name, remembered) in [("liba.rlib", true), ("liba.rs", false)] {
        let path = file(&dir, name, b"one");
        let sig = FileSig::of(&path).expect("signature");
        store.learn(&FileSig { ctime: sig.ctime - 1, ..sig }, key(99));
        let expected = if remembered { key(99) } else { Digest::of(b"one") };
        assert_eq!(store.digest(&path).expect("digest").0, expected, "{name}");
    }
}

#[test]
fn what_was_taken_in_is_known() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "liba.rlib", b"content");
    let digest = ingest(&store, &path, true);
    let blob = store.blob(&digest).expect("there");
    for (path, sig) in [(&path, FileSig::of(&path).expect("signature")), (&path, blob.sig)] {
        assert_eq!(store.known_digest(path, &sig), Some(digest));
    }
    assert!(store.digest(&dir.path().join("missing")).is_err());
}
