//! Digests of files by their identity, so that a file that has not changed is not read again.
//!
//! It must never trust a timestamp that a write could still share: such a file is digested, but not remembered. What
//! the index does not know, or cannot give, is read again.

use std::{collections::HashMap, ffi::OsStr, fs::File, io, path::Path};

use super::{Store, Table, lock};
use crate::base::{
    clock::{Nanos, wall_nanos},
    digest::{Digest, DigestFile, hash_reader},
    fs::{FileSig, at, is_recent},
};

/// Most files kept in memory (about 4 MB).
const IN_MEMORY: usize = 32_768;
/// Attempts at a file that is being written.
const ATTEMPTS: usize = 3;

type Known = (FileSig, Digest);

/// Digests in memory, by device and inode.
#[derive(Default)]
pub(super) struct Remembered(HashMap<(u64, u64), Known>);

impl Remembered {
    fn insert(&mut self, known: Known) {
        if self.0.len() >= IN_MEMORY {
            // The index has them all; the working set comes back by itself.
            self.0.clear();
        }
        self.0.insert(known.0.inode, known);
    }
}

impl DigestFile for Store {
    fn digest(&self, path: &Path) -> io::Result<(Digest, FileSig)> {
        let sig = FileSig::of(path)?;
        if let Some(digest) = self.known_digest(path, &sig) {
            return Ok((digest, sig));
        }
        let started = wall_nanos();
        let (digest, sig) = read(path)?;
        if !is_racy(&sig, is_output(path), started) {
            self.learn(&sig, digest);
        }
        Ok((digest, sig))
    }
}

impl Store {
    /// The digest of the file with this signature, if it was read before.
    pub(super) fn known_digest(&self, path: &Path, sig: &FileSig) -> Option<Digest> {
        let fits = |(known, _): &Known| known.same_content(sig) && (is_output(path) || known.ctime == sig.ctime);
        if let Some(known) = lock(&self.remembered).0.get(&sig.inode) {
            return fits(known).then_some(known.1);
        }
        let known: Known = self.index.get(Table::Digests, &key(sig)).filter(fits)?;
        lock(&self.remembered).insert(known);
        Some(known.1)
    }

    /// The signature of a file that is a blob: it is linked from the store, or its content is known, or read.
    ///
    /// Whoever changes a file and sets its time back is believed: this is for those who go on with the blob, and not with the
    /// file. Cargo links programs into other places, which moves their ctime and changes nothing.
    pub fn as_blob(&self, path: &Path, digest: &Digest) -> Option<FileSig> {
        let sig = FileSig::of(path).ok()?;
        let known = lock(&self.remembered).0.get(&sig.inode).copied();
        if known.is_some_and(|(then, content)| then.same_content(&sig) && content == *digest) || self.is_link(&sig, digest) {
            return Some(sig);
        }
        self.digest(path).ok().filter(|(now, _)| now == digest).map(|(_, sig)| sig)
    }

    fn is_link(&self, sig: &FileSig, digest: &Digest) -> bool {
        FileSig::of(&self.blob_path(digest)).is_ok_and(|blob| blob.inode == sig.inode)
            && self.blob(digest).is_some_and(|blob| blob.sig.same_content(sig))
    }

    /// Notes the content of a file that was just put in place or hashed, so that it need not be read again.
    pub fn learn(&self, sig: &FileSig, digest: Digest) {
        lock(&self.remembered).insert((*sig, digest));
        // Failing to note it costs reading the file again.
        drop(self.index.put(Table::Digests, &key(sig), &(*sig, digest)));
    }

    pub(super) fn forget_digests(&self) {
        lock(&self.remembered).0.clear();
    }
}

/// Reads a file whose signature is the same before and after.
fn read(path: &Path) -> io::Result<(Digest, FileSig)> {
    for _ in 0..ATTEMPTS {
        let file = File::open(path).map_err(|e| at(path, e))?;
        let before = FileSig::from_metadata(&file.metadata().map_err(|e| at(path, e))?);
        let (digest, _) = hash_reader(&file).map_err(|e| at(path, e))?;
        let after = FileSig::from_metadata(&file.metadata().map_err(|e| at(path, e))?);
        if before.same_content(&after) {
            return Ok((digest, after));
        }
    }
    Err(at(path, io::Error::other("is being written while it is read")))
}

fn is_racy(sig: &FileSig, output: bool, started: Nanos) -> bool {
    is_recent(if output { sig.mtime } else { sig.mtime.max(sig.ctime) }, started)
}

/// Results of compilers are linked into many places, which moves their ctime and changes nothing.
fn is_output(path: &Path) -> bool {
    let kinds = ["rlib", "rmeta", "so", "dylib", "a"];
    path.extension().and_then(OsStr::to_str).is_some_and(|e| kinds.contains(&e))
}

fn key(sig: &FileSig) -> [u8; 16] {
    let mut key = [0; 16];
    key[..8].copy_from_slice(&sig.inode.0.to_be_bytes());
    key[8..].copy_from_slice(&sig.inode.1.to_be_bytes());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sig(mtime: Nanos, ctime: Nanos) -> FileSig {
        FileSig { inode: (1, 2), size: 3, mtime, ctime, born: 0, mode: 0o644 }
    }

    #[test]
    fn recent_and_future_times_are_racy() {
        let now = 1_700_000_000_500_000_001;
        let old = now - 1_000_000_000;
        assert!(!is_racy(&sig(old, old), false, now));
        assert!(is_racy(&sig(now - 5, old), false, now));
        assert!(is_racy(&sig(old, now - 5), false, now), "an edit with its time set back");
        assert!(!is_racy(&sig(old, now - 5), true, now), "a fresh link to an old output");
        assert!(is_racy(&sig(now + 1_000_000_000, old), true, now));
        assert!(is_racy(&sig(1_700_000_000_000_000_000, 0), false, now), "whole seconds need a longer wait");
    }
}
