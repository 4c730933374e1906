//! Content-addressed files: how they come in, how far they are trusted, and where they go when they are damaged.
//!
//! It must never give out a blob whose bytes may have changed since they were last hashed: size, write time and inode
//! are compared on every access, and whatever they cannot settle is settled by reading. A blob that fails is set aside
//! and forgotten, so that the next compile stores it again.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, Table,
    index::{Changes, Index},
    lock,
};
use crate::base::{
    clock::{Nanos, wall_nanos},
    digest::{Digest, hash_reader},
    fs::{FileSig, Placed, Ways, at, fill, private_dir},
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

/// A blob that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobFile {
    pub path: PathBuf,
    pub sig: FileSig,
}

/// Sums, and what must not be removed now.
#[derive(Default)]
pub(super) struct Ledger {
    pub count: u64,
    pub bytes: u64,
    /// Blobs that were taken in and that no action names yet.
    pins: HashMap<Digest, u32>,
    /// Blobs that actions came to name while entries are being removed.
    named: Option<HashSet<Digest>>,
}

impl Ledger {
    pub fn read(index: &Index) -> Result<Self, StoreError> {
        let lens = index.scan(Table::Blobs, |_, v| crate::artifact::record::decode::<BlobInfo>(v).map(|b| b.len))?;
        Ok(Self { count: lens.len() as u64, bytes: lens.iter().sum(), ..Self::default() })
    }

    pub fn forget(&mut self) {
        (self.count, self.bytes) = (0, 0);
    }

    fn add(&mut self, len: u64) {
        self.count += 1;
        self.bytes += len;
    }

    pub fn subtract(&mut self, len: u64) {
        self.count = self.count.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(len);
    }

    fn pin(&mut self, digest: Digest) {
        *self.pins.entry(digest).or_default() += 1;
    }

    pub fn unpin(&mut self, digests: impl IntoIterator<Item = Digest>) {
        for digest in digests {
            if let Some(count) = self.pins.get_mut(&digest) {
                *count -= 1;
                if *count == 0 {
                    self.pins.remove(&digest);
                }
            }
            if let Some(named) = &mut self.named {
                named.insert(digest);
            }
        }
    }

    pub fn is_pinned(&self, digest: &Digest) -> bool {
        self.pins.contains_key(digest) || self.named.as_ref().is_some_and(|n| n.contains(digest))
    }

    /// From now on, or no longer, also keep what actions come to name.
    pub fn keep_named(&mut self, on: bool) {
        self.named = on.then(HashSet::new);
    }
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
    /// Takes a file into the store and gives its digest. Nothing is written if its content is there already.
    ///
    /// With `link` the store may share the file's inode; else the bytes are cloned or copied, and synced. The blob is
    /// kept until an action that names it is put, or it is given up by [`Store::release`].
    ///
    /// # Errors
    /// [`StoreError::Changed`] if the file is not, or does not stay, what `expected` says; or a failure to write.
    pub fn ingest(&self, from: &Path, expected: &FileSig, link: bool) -> Result<Digest, StoreError> {
        self.settle();
        let source = || match FileSig::of(from)? {
            sig if sig.same_content(expected) => Ok(sig),
            _ => Err(StoreError::Changed { path: from.into() }),
        };
        let sig = source()?;
        if let Some(digest) = self.known_digest(from, &sig) {
            lock(&self.ledger).pin(digest);
            match self.blob(&digest).map(|_| source()) {
                Some(Ok(_)) => return Ok(digest),
                Some(Err(e)) => {
                    self.release([digest]);
                    return Err(e);
                }
                None => self.release([digest]),
            }
        }
        let temp = self.layout.temp("blob");
        let taken = fill(from, &temp, Ways { reflink: true, link, digest: None }, sig.mode).map_err(|e| at(&temp, e).into());
        let taken = taken.and_then(|how| self.admit(&temp, how, source));
        // After a rename there is nothing, unless both names were links of one inode already.
        drop(fs::remove_file(&temp));
        match taken {
            Ok(digest) => {
                *lock(&self.blob_failure) = None;
                Ok(digest)
            }
            Err(StoreError::Io(e)) => {
                // A source that is gone is no fault of the store.
                source()?;
                *lock(&self.blob_failure) = Some(e.to_string());
                Err(StoreError::Io(e))
            }
            Err(e) => Err(e),
        }
    }

    fn admit(&self, temp: &Path, how: Placed, unchanged: impl Fn() -> Result<FileSig, StoreError>) -> Result<Digest, StoreError> {
        let hashed = hash(temp).map_err(|e| at(temp, e))?;
        let boot = if how == Placed::Link && self.boot != 0 {
            self.boot
        } else {
            File::open(temp).and_then(|f| f.sync_data()).map_err(|e| at(temp, e))?;
            0
        };
        let source = unchanged()?;
        let Some(hashed) = hashed else { return Err(StoreError::Changed { path: temp.into() }) };
        let digest = hashed.digest;
        // Settles doubts about a blob that is there already, before anybody has to wait for it.
        self.blob(&digest);
        let mut ledger = lock(&self.ledger);
        let sig = match self.examine(&digest, Effort::WhenInDoubt) {
            Verdict::Sound(sig) => sig,
            _ => self.install(temp, &mut ledger, &hashed, boot)?,
        };
        ledger.pin(digest);
        drop(ledger);
        if hashed.is_settled() {
            self.learn(&sig, digest);
            self.learn(&source, digest);
        }
        Ok(digest)
    }

    fn install(&self, temp: &Path, ledger: &mut Ledger, hashed: &Hashed, boot: u64) -> Result<FileSig, StoreError> {
        let path = self.layout.blob(&hashed.digest);
        private_dir(path.parent().unwrap_or(&path))?;
        fs::rename(temp, &path).map_err(|e| at(&path, e))?;
        let sig = FileSig::of(&path)?;
        let info = BlobInfo { len: hashed.sig.size, sig: hashed.sig, hashed_at: hashed.at, boot };
        let before: Option<BlobInfo> = self.index.get(Table::Blobs, &hashed.digest.0);
        if let Err(e) = self.index.put(Table::Blobs, &hashed.digest.0, &info) {
            drop(fs::remove_file(&path));
            return Err(e);
        }
        if let Some(before) = before {
            ledger.subtract(before.len);
        }
        ledger.add(info.len);
        Ok(sig)
    }

    /// Gives up blobs that were taken in for an action that will not be put.
    pub fn release(&self, digests: impl IntoIterator<Item = Digest>) {
        lock(&self.ledger).unpin(digests);
    }

    /// The blob with this content, if it is there and sound.
    pub fn blob(&self, digest: &Digest) -> Option<BlobFile> {
        match self.examine(digest, Effort::WhenInDoubt) {
            Verdict::Sound(sig) => Some(BlobFile { path: self.blob_path(digest), sig }),
            Verdict::Gone | Verdict::Damaged => {
                self.drop_if_bad(digest);
                None
            }
            Verdict::Unknown | Verdict::Unreadable => None,
        }
    }

    /// Where the blob with this content is, if it is there.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.layout.blob(digest)
    }

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

    /// Sets a damaged blob aside, unless somebody has put a sound one there meanwhile.
    pub(super) fn drop_if_bad(&self, digest: &Digest) -> bool {
        let mut ledger = lock(&self.ledger);
        let bad = matches!(self.examine(digest, Effort::WhenInDoubt), Verdict::Gone | Verdict::Damaged);
        if bad {
            self.forget_blob(&mut ledger, digest);
        }
        bad
    }

    /// Sets a blob aside of which somebody found that it is damaged.
    pub fn quarantine_blob(&self, digest: &Digest) {
        self.forget_blob(&mut lock(&self.ledger), digest);
    }

    fn forget_blob(&self, ledger: &mut Ledger, digest: &Digest) {
        let Some(info) = self.index.get::<BlobInfo>(Table::Blobs, &digest.0) else { return };
        // What cannot be moved or removed is at least not known any more.
        drop(self.layout.set_aside(&self.layout.blob(digest), &digest.to_string()));
        drop(self.index.delete(Table::Blobs, &digest.0));
        ledger.subtract(info.len);
        self.trouble("damaged-blob");
    }

    /// Removes a blob that no action names; gives its length, or nothing if it is in use after all.
    pub(super) fn remove_blob(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        let mut ledger = lock(&self.ledger);
        if ledger.is_pinned(digest) {
            return Ok(None);
        }
        let Some(info) = self.index.get::<BlobInfo>(Table::Blobs, &digest.0) else { return Ok(None) };
        self.index.delete(Table::Blobs, &digest.0)?;
        ledger.subtract(info.len);
        let path = self.layout.blob(digest);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(at(&path, e).into()),
            _ => Ok(Some(info.len)),
        }
    }

    /// Takes files into the index that it does not know; they are read before they are first used.
    pub(super) fn adopt_files(&self) {
        let mut ledger = lock(&self.ledger);
        let mut changes = Changes::default();
        let mut added = Vec::new();
        for (digest, path) in self.layout.blob_files() {
            let Ok(sig) = FileSig::of(&path) else { continue };
            if path != self.layout.blob(&digest) || self.index.get::<BlobInfo>(Table::Blobs, &digest.0).is_some() {
                continue;
            }
            let sig = FileSig { inode: (0, 0), ..sig };
            changes.put(Table::Blobs, &digest.0, &BlobInfo { len: sig.size, sig, hashed_at: 0, boot: 0 });
            added.push(sig.size);
        }
        if self.index.apply(&changes).is_ok() {
            added.into_iter().for_each(|len| ledger.add(len));
        }
    }
}

impl BlobInfo {
    /// The bytes are those that were hashed.
    fn vouches_for(&self, sig: &FileSig, boot: u64) -> bool {
        self.sig.same_content(sig) && (self.boot == 0 || self.boot == boot) && is_settled(&self.sig, self.hashed_at)
    }
}

struct Hashed {
    digest: Digest,
    sig: FileSig,
    at: Nanos,
}

impl Hashed {
    fn is_settled(&self) -> bool {
        is_settled(&self.sig, self.at)
    }
}

/// A write after `hashed_at` has left another write time.
fn is_settled(sig: &FileSig, hashed_at: Nanos) -> bool {
    sig.mtime.abs_diff(hashed_at) > RACY.unsigned_abs()
}

/// Reads a file; nothing if it was written meanwhile.
fn hash(path: &Path) -> io::Result<Option<Hashed>> {
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
