//! The store's directory: names in it, its format number, what is swept and what is set aside.
//!
//! ```text
//! VERSION      format number          blobs/ab/<64 hex>   content-addressed files
//! db/          the index (RocksDB)    quarantine/         what was found damaged, the newest eight
//! tmp/         files in the making    daemon.lock, run/   belong to the daemon
//! ```
//!
//! It must never know what the files mean. A store of an older format is removed (it is only a cache, and no version
//! of the program would read it again); one of a newer format is never touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::StoreError;
use crate::base::{
    clock,
    digest::Digest,
    fs::{Durability, TEMP_SUFFIX, at, private_dir, temp_beside, write_atomic},
};

/// The format of the directory as a whole. Raised when files move or change their meaning, and when the index gets new
/// tables: a version that does not know them would take it for damaged.
pub const FORMAT: u32 = 6;

/// How many damaged things are kept for a look at them.
const KEPT_ASIDE: usize = 8;

/// Paths below one root.
#[derive(Debug, Clone)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Creates what is missing and checks the format.
    ///
    /// # Errors
    /// [`StoreError::Newer`], or what the file system says.
    pub fn prepare(root: &Path) -> Result<Self, StoreError> {
        let this = Self { root: root.to_owned() };
        private_dir(root)?;
        let version = root.join("VERSION");
        let found = match fs::read_to_string(&version) {
            // A torn or foreign number says nothing about what lies beside it.
            Ok(text) => Some(text.trim().parse().unwrap_or(0)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => this.db().exists().then_some(0),
            Err(e) if e.kind() == io::ErrorKind::InvalidData => Some(0),
            Err(e) => return Err(at(&version, e).into()),
        };
        match found {
            Some(found) if found > FORMAT => return Err(StoreError::Newer { root: root.into(), found, known: FORMAT }),
            Some(found) if found < FORMAT => this.remove_contents()?,
            _ => {}
        }
        if found != Some(FORMAT) {
            write_atomic(&version, format!("{FORMAT}\n").as_bytes(), 0o600, Durability::Synced)?;
        }
        for dir in [this.blobs(), this.quarantine(), this.tmp()] {
            private_dir(&dir)?;
        }
        Ok(this)
    }

    /// Whether the directory is still a store.
    pub fn is_there(&self) -> bool {
        self.root.join("VERSION").exists() && self.db().exists()
    }

    fn remove_contents(&self) -> Result<(), StoreError> {
        for dir in [self.db(), self.blobs(), self.quarantine(), self.tmp()] {
            match fs::remove_dir_all(&dir) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(at(&dir, e).into()),
                _ => {}
            }
        }
        Ok(())
    }

    /// The store's directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The index.
    pub fn db(&self) -> PathBuf {
        self.root.join("db")
    }

    /// The directory of blobs.
    pub fn blobs(&self) -> PathBuf {
        self.root.join("blobs")
    }

    /// Where the blob of this content lies, if it is there.
    pub fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.to_string();
        self.blobs().join(&hex[..2]).join(hex)
    }

    /// A name in the making, on the same file system as the blobs; swept at the next start.
    pub fn temp(&self, name: &str) -> PathBuf {
        temp_beside(&self.tmp().join(name))
    }

    fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn quarantine(&self) -> PathBuf {
        self.root.join("quarantine")
    }

    /// Removes what an earlier process left half-made. Only for the process that has the index open.
    pub fn sweep(&self) {
        for entry in fs::read_dir(self.tmp()).into_iter().flatten().flatten() {
            remove_any(&entry.path());
        }
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().ends_with(TEMP_SUFFIX) {
                remove_any(&entry.path());
            }
        }
    }

    /// Moves a damaged file or directory to `quarantine/<name>-<secs>`; what stands there too long is removed.
    ///
    /// # Errors
    /// If it can neither be moved nor removed.
    pub fn set_aside(&self, path: &Path, name: &str) -> io::Result<()> {
        let mut target = self.quarantine().join(format!("{name}-{}", clock::wall_secs()));
        let mut n = 1;
        while target.symlink_metadata().is_ok() {
            target = self.quarantine().join(format!("{name}-{}-{n}", clock::wall_secs()));
            n += 1;
        }
        if fs::rename(path, &target).is_err() {
            remove_any(path);
            if path.symlink_metadata().is_ok() {
                return Err(at(path, io::Error::other("damaged, and cannot be moved or removed")));
            }
        }
        self.trim_quarantine();
        Ok(())
    }

    fn trim_quarantine(&self) {
        use std::os::unix::fs::MetadataExt;
        // A rename moves the ctime, so it tells when a thing was set aside.
        let mut kept: Vec<_> = fs::read_dir(self.quarantine())
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| e.path().symlink_metadata().ok().map(|m| ((m.ctime(), m.ctime_nsec()), e.path())))
            .collect();
        kept.sort();
        let surplus = kept.len().saturating_sub(KEPT_ASIDE);
        kept.iter().take(surplus).for_each(|(_, path)| remove_any(path));
    }

    /// Removes everything that was set aside.
    pub fn empty_quarantine(&self) {
        for entry in fs::read_dir(self.quarantine()).into_iter().flatten().flatten() {
            remove_any(&entry.path());
        }
    }

    /// Every file that has the name of a blob.
    pub fn blob_files(&self) -> Vec<(Digest, PathBuf)> {
        fs::read_dir(self.blobs())
            .into_iter()
            .flatten()
            .flatten()
            .flat_map(|dir| fs::read_dir(dir.path()).into_iter().flatten().flatten())
            .filter_map(|e| Digest::from_hex(e.file_name().to_str()?).map(|d| (d, e.path())))
            .collect()
    }
}

fn remove_any(path: &Path) {
    if fs::remove_file(path).is_err() {
        drop(fs::remove_dir_all(path));
    }
}
