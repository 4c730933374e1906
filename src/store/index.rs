//! The door to RocksDB: typed tables, and the way back from every failure of the database.
//!
//! It must never know what the values mean. A read that fails is a miss. A write that fails is reported and tried
//! again on a freshly opened database, because RocksDB refuses all writes after the first one that failed; a database
//! that turns out to be damaged, at opening or later, is set aside and replaced by an empty one.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use rocksdb::{ColumnFamily, DB};
use serde::{Serialize, de::DeserializeOwned};

use self::open::{Fault, Opened, open_db};
use super::{StoreError, layout::Layout};
use crate::base::sync::lock;
use crate::{artifact::record::decode, base::clock::Stopwatch};

mod open;
mod table;

pub use table::{Changes, Table};

type Families<'a> = dyn Fn(Table) -> Result<&'a ColumnFamily, Fault> + 'a;

/// How long a database that refuses writes is left alone before it is opened anew.
const RETRY: Duration = Duration::from_secs(2);

/// The open database.
pub struct Index {
    layout: Layout,
    db: RwLock<Option<Opened>>,
    failure: Mutex<Option<(String, Stopwatch)>>,
    /// Times the database was set aside in this process.
    replaced: AtomicU64,
    dirty: AtomicBool,
}

impl Index {
    /// Opens the database, or an empty one in its place if it is damaged.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or what RocksDB says when it is not the database's fault.
    pub fn open(layout: &Layout) -> Result<Self, StoreError> {
        let this = Self {
            layout: layout.clone(),
            db: RwLock::new(None),
            failure: Mutex::new(None),
            replaced: AtomicU64::new(0),
            dirty: AtomicBool::new(false),
        };
        let db = this.open_or_replace()?;
        if let Some(reason) = &db.read_only {
            *this.lock_failure() = Some((this.error(&Fault::unavailable(reason)).to_string(), Stopwatch::start()));
        }
        *this.db.write().unwrap_or_else(PoisonError::into_inner) = Some(db);
        Ok(this)
    }

    fn open_or_replace(&self) -> Result<Opened, StoreError> {
        let path = self.layout.db();
        match open_db(&self.layout) {
            Ok(db) => Ok(db),
            Err(e) if e.locked => Err(StoreError::Busy { root: self.layout.root().into() }),
            Err(e) if e.damage || (path.exists() && !path.is_dir()) => {
                self.set_aside()?;
                open_db(&self.layout).map_err(|e| self.error(&e))
            }
            Err(e) => Err(self.error(&e)),
        }
    }

    fn set_aside(&self) -> Result<(), StoreError> {
        self.layout.set_aside(&self.layout.db(), "db")?;
        self.replaced.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// How often the database was set aside since this was opened.
    pub fn replaced(&self) -> u64 {
        self.replaced.load(Ordering::Relaxed)
    }

    /// Why the last write failed, if it did.
    pub fn failure(&self) -> Option<String> {
        self.lock_failure().as_ref().map(|(text, _)| text.clone())
    }

    /// The value under `key`; failures and values of other versions read as nothing.
    pub fn get<T: DeserializeOwned>(&self, table: Table, key: &[u8]) -> Option<T> {
        let generation = self.replaced();
        let found = self.with(|db, cf| Ok(db.get_pinned_cf(cf(table)?, key)?.and_then(|v| decode(&v))));
        match found {
            Ok(value) => value,
            Err(e) => {
                self.after_read_error(&e, generation);
                None
            }
        }
    }

    /// What `pick` makes of every entry, in the order of keys. `pick` must not call the index.
    ///
    /// # Errors
    /// If not all entries could be read.
    pub fn scan<R>(&self, table: Table, mut pick: impl FnMut(&[u8], &[u8]) -> Option<R>) -> Result<Vec<R>, StoreError> {
        let generation = self.replaced();
        let all = self.with(|db, cf| {
            let mut options = rocksdb::ReadOptions::default();
            options.fill_cache(false);
            let mut found = Vec::new();
            for entry in db.iterator_cf_opt(cf(table)?, options, rocksdb::IteratorMode::Start) {
                let (key, value) = entry?;
                found.extend(pick(&key, &value));
            }
            Ok(found)
        });
        all.map_err(|e| {
            self.after_read_error(&e, generation);
            self.error(&e)
        })
    }

    /// What `pick` makes of the entries whose keys begin with `prefix`, in the order of keys. `pick` must not call the index.
    /// What cannot be read is left out.
    pub fn scan_prefix<R>(&self, table: Table, prefix: &[u8], mut pick: impl FnMut(&[u8], &[u8]) -> Option<R>) -> Vec<R> {
        let generation = self.replaced();
        let mut found = Vec::new();
        let done = self.with(|db, cf| {
            for entry in db.iterator_cf(cf(table)?, rocksdb::IteratorMode::From(prefix, rocksdb::Direction::Forward)) {
                let (key, value) = entry?;
                if !key.starts_with(prefix) {
                    break;
                }
                found.extend(pick(&key, &value));
            }
            Ok(())
        });
        if let Err(e) = done {
            self.after_read_error(&e, generation);
        }
        found
    }

    /// The entries from the last one backwards, until `take` says `false`. `take` must not call the index.
    pub fn scan_back(&self, table: Table, mut take: impl FnMut(&[u8], &[u8]) -> bool) {
        let generation = self.replaced();
        let done = self.with(|db, cf| {
            for entry in db.iterator_cf(cf(table)?, rocksdb::IteratorMode::End) {
                let (key, value) = entry?;
                if !take(&key, &value) {
                    break;
                }
            }
            Ok(())
        });
        if let Err(e) = done {
            self.after_read_error(&e, generation);
        }
    }

    /// Sets one value.
    ///
    /// # Errors
    /// As [`Index::apply`].
    pub fn put<T: Serialize>(&self, table: Table, key: &[u8], value: &T) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        changes.put(table, key, value);
        self.apply(&changes)
    }

    /// Removes one value.
    ///
    /// # Errors
    /// As [`Index::apply`].
    pub fn delete(&self, table: Table, key: &[u8]) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        changes.delete(table, key);
        self.apply(&changes)
    }

    /// Makes all changes or none.
    ///
    /// # Errors
    /// If they could not be written; [`Index::failure`] tells of it until a later write succeeds.
    pub fn apply(&self, changes: &Changes) -> Result<(), StoreError> {
        if changes.0.is_empty() {
            return Ok(());
        }
        let generation = self.replaced();
        let mut result = self.write(changes);
        if let Err(e) = &result
            && self.reopen(e, generation)
        {
            result = self.write(changes);
        }
        let mut failure = self.lock_failure();
        match result {
            Ok(()) => {
                self.dirty.store(true, Ordering::Relaxed);
                *failure = None;
                Ok(())
            }
            Err(e) => {
                let error = self.error(&e);
                let since = failure.as_ref().map_or_else(Stopwatch::start, |(_, since)| *since);
                *failure = Some((error.to_string(), since));
                Err(error)
            }
        }
    }

    fn write(&self, changes: &Changes) -> Result<(), Fault> {
        self.with_writable(|db, cf| {
            let mut batch = rocksdb::WriteBatch::default();
            for (table, key, value) in &changes.0 {
                match value {
                    Some(value) => batch.put_cf(cf(*table)?, key, value),
                    None => batch.delete_cf(cf(*table)?, key),
                }
            }
            Ok(db.write(batch)?)
        })
    }

    /// Opens the database anew after a failed write, at once if it is damaged, else not more often than [`RETRY`] says.
    fn reopen(&self, error: &Fault, generation: u64) -> bool {
        let damaged = error.damage;
        {
            let mut failure = self.lock_failure();
            match failure.as_mut() {
                Some((_, since)) if !damaged && since.elapsed() < RETRY => return false,
                Some((_, since)) => *since = Stopwatch::start(),
                None => {}
            }
        }
        let mut db = self.db.write().unwrap_or_else(PoisonError::into_inner);
        if damaged && self.replaced() != generation {
            // Somebody else has seen the damage too and was faster.
            return db.is_some();
        }
        // Closed before it is opened again: the lock in its directory is ours.
        drop(db.take());
        if damaged && self.set_aside().is_err() {
            return false;
        }
        *db = self.open_or_replace().ok();
        db.as_ref().is_some_and(|opened| opened.read_only.is_none())
    }

    fn after_read_error(&self, error: &Fault, generation: u64) {
        if error.damage {
            self.reopen(error, generation);
        }
    }

    /// Empties a table.
    ///
    /// # Errors
    /// If that could not be written.
    pub fn clear(&self, table: Table) -> Result<(), StoreError> {
        let cleared = self.with_writable(|db, cf| {
            let cf = cf(table)?;
            // No key is longer than 64 bytes, and labels are text: nothing sorts behind this.
            db.delete_range_cf(cf, &[][..], &[0xff; 65][..])?;
            db.compact_range_cf(cf, None::<&[u8]>, None::<&[u8]>);
            Ok(())
        });
        cleared.map_err(|e| self.error(&e))
    }

    /// Gives back the space of what was removed.
    pub fn compact(&self, table: Table) {
        // A failure leaves things as they are.
        drop(self.with_writable(|db, cf| {
            db.compact_range_cf(cf(table)?, None::<&[u8]>, None::<&[u8]>);
            Ok(())
        }));
    }

    /// About how many entries a table has.
    pub fn estimate(&self, table: Table) -> u64 {
        let count = self.with(|db, cf| Ok(db.property_int_value_cf(cf(table)?, "rocksdb.estimate-num-keys")?));
        count.ok().flatten().unwrap_or(0)
    }

    /// Makes everything written so far survive a power cut.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.with_writable(|db, _| Ok(db.flush_wal(true)?)).map_err(|e| self.error(&e))
    }

    /// Moves what is in memory into tables, so that the next start has no log to replay.
    pub fn write_tables(&self) {
        if !self.dirty.swap(false, Ordering::Relaxed) {
            return;
        }
        // A failure costs the next start the replay.
        drop(self.with_writable(|db, cf| {
            let families = Table::ALL.iter().map(|t| cf(*t)).collect::<Result<Vec<_>, _>>()?;
            Ok(db.flush_cfs_opt(&families, &rocksdb::FlushOptions::default())?)
        }));
    }

    fn with<R>(&self, run: impl FnOnce(&DB, &Families<'_>) -> Result<R, Fault>) -> Result<R, Fault> {
        self.with_opened(|opened| run(&opened.db, &|table| family(&opened.db, table)))
    }

    /// As [`Index::with`], for writing.
    fn with_writable<R>(&self, run: impl FnOnce(&DB, &Families<'_>) -> Result<R, Fault>) -> Result<R, Fault> {
        self.with_opened(|opened| match &opened.read_only {
            Some(reason) => Err(Fault::unavailable(reason)),
            None => run(&opened.db, &|table| family(&opened.db, table)),
        })
    }

    fn with_opened<R>(&self, run: impl FnOnce(&Opened) -> Result<R, Fault>) -> Result<R, Fault> {
        let guard = self.db.read().unwrap_or_else(PoisonError::into_inner);
        run(guard.as_ref().ok_or_else(|| Fault::unavailable("cannot be opened again after a failure"))?)
    }

    fn error(&self, e: &Fault) -> StoreError {
        StoreError::Index { path: self.layout.db(), detail: e.text.clone() }
    }

    fn lock_failure(&self) -> MutexGuard<'_, Option<(String, Stopwatch)>> {
        lock(&self.failure)
    }
}

fn family(db: &DB, table: Table) -> Result<&ColumnFamily, Fault> {
    db.cf_handle(table.name()).ok_or_else(|| Fault::unavailable("has not all its tables"))
}

impl Drop for Index {
    fn drop(&mut self) {
        self.write_tables();
    }
}
