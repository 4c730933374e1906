//! Content-addressed files: how they come in, how far they are trusted, and where they go when they are damaged.
//!
//! It must never give out a blob whose bytes may have changed since they were last hashed: size, write time and inode
//! are compared on every access, and whatever they cannot settle is settled by reading. A blob that fails is set aside
//! and forgotten, so that the next compile stores it again.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use super::{
    BlobInfo, Store, StoreError, Table,
    examine::{Effort, Hashed, Verdict, hash},
    index::Changes,
    ledger::Ledger,
    lock,
};
use crate::base::{
    digest::Digest,
    failpoint,
    fs::{FileSig, Placed, Ways, at, fill, private_dir},
};

/// A blob that can be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobFile {
    pub path: PathBuf,
    pub sig: FileSig,
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
        failpoint::reach("ingest-after-copy");
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
        failpoint::reach("ingest-before-rename");
        fs::rename(temp, &path).map_err(|e| at(&path, e))?;
        failpoint::reach("ingest-after-rename");
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

    /// The blob with this content, if it is there and sound; its bytes are read only if they may have changed.
    pub fn blob(&self, digest: &Digest) -> Option<BlobFile> {
        self.blob_by(digest, Effort::WhenInDoubt)
    }

    /// As [`Store::blob`], but its bytes are read in any case.
    pub fn verified_blob(&self, digest: &Digest) -> Option<BlobFile> {
        self.blob_by(digest, Effort::Always)
    }

    fn blob_by(&self, digest: &Digest, effort: Effort) -> Option<BlobFile> {
        match self.examine(digest, effort) {
            Verdict::Sound(sig) => Some(BlobFile { path: self.blob_path(digest), sig }),
            Verdict::Gone | Verdict::Damaged => {
                self.drop_if_bad(digest, effort);
                None
            }
            Verdict::Unknown | Verdict::Unreadable => None,
        }
    }

    /// Where the blob with this content is, if it is there.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.layout.blob(digest)
    }

    /// Sets a damaged blob aside, unless somebody has put a sound one there meanwhile.
    pub(super) fn drop_if_bad(&self, digest: &Digest, effort: Effort) -> bool {
        let mut ledger = lock(&self.ledger);
        let bad = matches!(self.examine(digest, effort), Verdict::Gone | Verdict::Damaged);
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
        if self.index.delete(Table::Blobs, &digest.0).is_ok() {
            ledger.subtract(info.len);
        }
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
        failpoint::reach("evict-before-file");
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
