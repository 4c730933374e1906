//! How far a blob is trusted: by its size, write time and inode, and where they cannot settle it, by its bytes.
//!
//! It must never remove anything; it gives a verdict. A file that cannot be read now is not called damaged.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::{Store, Table};
use crate::base::{
    clock::{Nanos, wall_nanos},
    digest::{Digest, hash_reader},
    fs::FileSig,
};

/// A write this close to the hashing may have left the same write time.
const RACY: Nanos = 20_000_000;

/// What the index knows of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobInfo {
    /// Bytes.
    pub len: u64,
    /// The file as it was when it was last hashed.
    pub sig: FileSig,
    /// When that was.
    pub hashed_at: Nanos,
    /// The boot of the machine in which the bytes were hashed without being synced; 0 once they are on disk for sure.
    pub boot: u64,
}

/// What an examination found.
pub(super) enum Verdict {
    Sound(FileSig),
    /// Not in the index.
    Unknown,
    /// In the index, but there is no file.
    Gone,
    Damaged,
    /// The file cannot be read now, which says nothing about its bytes.
    Unreadable,
}

/// How far an examination goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effort {
    /// Reads the bytes if they may have changed.
    WhenInDoubt,
    Always,
}

impl Store {
    pub(super) fn examine(&self, digest: &Digest, effort: Effort) -> Verdict {
        let Some(info) = self.index.get::<BlobInfo>(Table::Blobs, &digest.0) else { return Verdict::Unknown };
        let path = self.layout.blob(digest);
        let sig = match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_file() => FileSig::from_metadata(&meta),
            Ok(_) => return Verdict::Damaged,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Verdict::Gone,
            Err(_) => return Verdict::Unreadable,
        };
        if sig.size != info.len {
            return Verdict::Damaged;
        }
        if effort == Effort::WhenInDoubt && info.vouches_for(&sig, self.boot) {
            return Verdict::Sound(sig);
        }
        match hash(&path) {
            Ok(Some(h)) if h.digest == *digest => {
                // What was read back in a later boot has reached the disk.
                let boot = if info.boot == self.boot { info.boot } else { 0 };
                let info = BlobInfo { sig: h.sig, hashed_at: h.at, boot, ..info };
                drop(self.index.put(Table::Blobs, &digest.0, &info));
                Verdict::Sound(h.sig)
            }
            Ok(_) => Verdict::Damaged,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Verdict::Gone,
            Err(e) if e.raw_os_error() == Some(nix::libc::EIO) => Verdict::Damaged,
            Err(_) => Verdict::Unreadable,
        }
    }
}

impl BlobInfo {
    /// The bytes are those that were hashed.
    fn vouches_for(&self, sig: &FileSig, boot: u64) -> bool {
        self.sig.same_content(sig) && (self.boot == 0 || self.boot == boot) && is_settled(&self.sig, self.hashed_at)
    }
}

/// The content of a file, and the file as it was then.
pub(super) struct Hashed {
    pub digest: Digest,
    pub sig: FileSig,
    pub at: Nanos,
}

impl Hashed {
    /// A later write would show.
    pub fn is_settled(&self) -> bool {
        is_settled(&self.sig, self.at)
    }
}

/// A write after `hashed_at` has left another write time.
fn is_settled(sig: &FileSig, hashed_at: Nanos) -> bool {
    sig.mtime.abs_diff(hashed_at) > RACY.unsigned_abs()
}

/// Reads a file; nothing if it was written meanwhile.
pub(super) fn hash(path: &Path) -> io::Result<Option<Hashed>> {
    let file = File::open(path)?;
    let (at, sig) = (wall_nanos(), FileSig::from_metadata(&file.metadata()?));
    let (digest, len) = hash_reader(&file)?;
    let after = FileSig::from_metadata(&file.metadata()?);
    Ok((sig.same_content(&after) && len == sig.size).then_some(Hashed { digest, sig, at }))
}

/// A number for the time since the machine was started; 0 where the system does not tell.
pub(super) fn boot_id() -> u64 {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let mut start = [0; 8];
    start.copy_from_slice(&Digest::of(id.as_bytes()).0[..8]);
    if id.is_empty() { 0 } else { u64::from_le_bytes(start) }
}
