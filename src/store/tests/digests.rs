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

/// A compiler's output may bear a chosen write time, and file systems give the inode of a removed file to the next one.
#[test]
fn a_later_file_with_the_same_inode_size_and_time_is_read() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "liba.rlib", b"one");
    let sig = FileSig::of(&path).expect("signature");
    assert_ne!(sig.born, 0, "the file system of {} does not tell when files were made", dir.path().display());
    let removed = FileSig { born: sig.born - 1, ctime: sig.ctime - 1, ..sig };
    store.learn(&removed, key(99));
    assert_eq!(store.digest(&path).expect("digest").0, Digest::of(b"one"));
    store.learn(&removed, key(99));
    assert!(store.as_blob(&path, &key(99)).is_none());
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

#[test]
fn a_link_of_a_blob_is_it_and_anything_else_is_read() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "build-script-build", b"one");
    let blob = store.ingest(&path, &FileSig::of(&path).expect("signature"), true).expect("ingested");
    store.forget_digests();
    // The blob's own signature vouches for it, however many links were made since.
    let twin = dir.path().join("twin");
    fs::hard_link(store.blob_path(&blob), &twin).expect("linked");
    assert!(store.as_blob(&twin, &blob).is_some());
    assert!(store.as_blob(&twin, &key(99)).is_none());
    let copy = file(&dir, "copy", b"one");
    assert!(store.as_blob(&copy, &blob).is_some());
    let other = file(&dir, "other", b"two");
    assert!(store.as_blob(&other, &blob).is_none());
    assert!(store.as_blob(&dir.path().join("gone"), &blob).is_none());
    // Written through the link.
    fs::write(&twin, b"two").expect("written");
    assert!(store.as_blob(&twin, &blob).is_none());
}

#[test]
fn a_program_that_was_linked_elsewhere_is_the_one_that_was_noted() {
    let dir = temp();
    let store = open(&dir);
    let path = file(&dir, "program", b"one");
    let sig = FileSig::of(&path).expect("signature");
    store.learn(&FileSig { ctime: sig.ctime - 1, ..sig }, key(99));
    assert!(store.as_blob(&path, &key(99)).is_some() && store.as_blob(&path, &key(98)).is_none());
    assert!(store.as_blob(&path, &Digest::of(b"one")).is_some(), "by its bytes");
    fs::write(&path, b"three").expect("written");
    assert!(store.as_blob(&path, &key(99)).is_none() && store.as_blob(&dir.path().join("gone"), &key(99)).is_none());
}
