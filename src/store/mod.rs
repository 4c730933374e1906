//! Layer 5: where results and facts are kept: a RocksDB index and content-addressed files beside it.
//!
//! It must never know how a key is made, who asks, or what a compiler is. Whatever fails here costs at most a compile:
//! reads that fail are misses, writes that fail leave nothing half-published and are told by [`Store::degraded`].
//! Everything blocks; callers on an async runtime hand the work to a thread.

mod ahead;
mod blobs;
pub mod claims;
pub mod commands;
pub mod digests;
pub mod error;
pub mod evict;
mod examine;
mod index;
mod layout;
mod ledger;
pub mod meanings;
pub mod mends;
mod notices;
mod plan;
pub mod projects;
pub mod records;
pub mod states;
pub mod stats;
pub mod timings;
pub mod units;
mod uses;
pub mod verify;

#[cfg(test)]
mod tests;

pub use blobs::BlobFile;
pub use claims::Claim;
pub use commands::StoredCommand;
pub use error::StoreError;
pub use evict::Sizes;
pub use examine::BlobInfo;
pub use meanings::{Alike, Variant};
pub use mends::{KnownMend, MendKind, MendedFile};
pub use notices::Notice;
pub use projects::{KnownProject, Warmed};
pub use records::{FileSketch, Snapshot};
pub use units::{ToolchainNote, UnitList};
pub use verify::VerifyOutcome;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, atomic::AtomicU64, mpsc::Sender},
};

use self::{
    commands::Noted,
    digests::Remembered,
    index::{Index, Table},
    layout::Layout,
    ledger::Ledger,
    stats::Statistics,
    timings::Journal,
    uses::Uses,
};
use crate::{base::sync::lock, events::UnitEvent};

/// How much may be kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Blobs and index together.
    pub max_bytes: u64,
    /// Days without use after which a result goes; 0 means never.
    pub retention_days: u32,
}

/// An open store. One process at a time has it.
pub struct Store {
    layout: Layout,
    index: Index,
    limits: Limits,
    /// What is known of the blobs without a look at the disk.
    ledger: Mutex<Ledger>,
    remembered: Mutex<Remembered>,
    noted: Mutex<Noted>,
    uses: Uses,
    /// How many claims were noted by this process.
    claimed: AtomicU64,
    statistics: Mutex<Statistics>,
    observer: OnceLock<Sender<UnitEvent>>,
    journal: Mutex<Journal>,
    /// Held where a value is read, changed and written back.
    publishing: Mutex<()>,
    /// Held by whoever removes entries.
    cleaning: Mutex<()>,
    /// Why the last blob could not be written, if so.
    blob_failure: Mutex<Option<String>>,
    /// How many replacements of the index have been dealt with.
    settled: AtomicU64,
    /// This boot of the machine; 0 if it cannot be told apart from others.
    boot: u64,
}

impl Store {
    /// Opens the store at `root`, creating what is missing.
    ///
    /// A damaged index is set aside and replaced by an empty one; the blobs stay. [`Store::notices`] tells of it.
    ///
    /// # Errors
    /// [`StoreError::Newer`] (nothing was touched), [`StoreError::Busy`], or a failure of the file system.
    pub fn open(root: &Path, limits: Limits) -> Result<Self, StoreError> {
        let layout = Layout::prepare(root)?;
        let index = Index::open(&layout)?;
        layout.sweep();
        let ledger = Ledger::read(&index)?;
        let uses = Uses::read(&index);
        let statistics = Statistics::read(&index);
        let store = Self {
            layout,
            index,
            limits,
            ledger: Mutex::new(ledger),
            remembered: Mutex::default(),
            noted: Mutex::default(),
            uses,
            claimed: AtomicU64::new(0),
            statistics: Mutex::new(statistics),
            observer: OnceLock::new(),
            journal: Mutex::default(),
            publishing: Mutex::new(()),
            cleaning: Mutex::new(()),
            blob_failure: Mutex::new(None),
            settled: AtomicU64::new(0),
            boot: examine::boot_id(),
        };
        store.settle();
        Ok(store)
    }

    /// Where the store is.
    pub fn root(&self) -> &Path {
        self.layout.root()
    }

    /// The limits it was opened with.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// A fresh name below the store for a file in the making; what is left there goes at the next start.
    pub fn temp_path(&self, name: &str) -> PathBuf {
        self.layout.temp(name)
    }

    /// What keeps the store from taking new results, until a later write succeeds.
    pub fn degraded(&self) -> Option<String> {
        self.index.failure().or_else(|| lock(&self.blob_failure).clone())
    }

    /// The directory, or the index in it, was removed while it was open: what is written now is lost.
    pub fn is_gone(&self) -> bool {
        !self.layout.is_there()
    }

    /// Writes what is buffered, and makes everything so far survive a power cut.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn flush(&self) -> Result<(), StoreError> {
        self.flush_stats()?;
        self.flush_timings()?;
        self.uses.persist(&self.index)?;
        self.index.sync()
    }

    /// As [`Store::flush`], and makes the next start quick. For a process that ends without dropping the store.
    ///
    /// # Errors
    /// As [`Store::flush`].
    pub fn close(&self) -> Result<(), StoreError> {
        self.flush()?;
        self.index.write_tables();
        Ok(())
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // Statistics and ages that cannot be written are no reason to complain at the very end.
        drop(self.flush_stats());
        drop(self.flush_timings());
        drop(self.uses.persist(&self.index));
    }
}
