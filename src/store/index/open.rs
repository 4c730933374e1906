//! How the database is opened, and what its errors mean.
//!
//! It must never move or remove anything. Errors come back sorted into damage, lock held by another process, and others
//! (a full disk, missing rights), after which the database may well be sound.

use rocksdb::{BlockBasedOptions, Cache, ColumnFamilyDescriptor, DB, DBCompressionType, ErrorKind, LogLevel, Options};

use super::Table;
use crate::store::layout::Layout;

/// A failure of the database.
#[derive(Debug)]
pub struct Fault {
    pub text: String,
    /// Its files are not what RocksDB has written; opening them again will not help.
    pub damage: bool,
    /// Another process, or another store in this one, has it open.
    pub locked: bool,
}

impl Fault {
    /// Nothing can be read or written now, for a reason that says nothing about the files.
    pub fn unavailable(text: &str) -> Self {
        Self { text: text.into(), damage: false, locked: false }
    }
}

/// An open database.
pub struct Opened {
    pub db: DB,
    /// Why nothing can be written, if so.
    pub read_only: Option<String>,
}

impl From<rocksdb::Error> for Fault {
    fn from(error: rocksdb::Error) -> Self {
        let text = error.to_string();
        let locked = text.contains("While lock file") || text.contains("lock hold by current process");
        let damage = !locked
            && match error.kind() {
                ErrorKind::Corruption | ErrorKind::InvalidArgument | ErrorKind::NotSupported | ErrorKind::NotFound => true,
                // A file that the manifest names is gone, or something else has its name.
                ErrorKind::IOError => {
                    ["No such file", "Is a directory", "Not a directory"].iter().any(|sign| text.contains(sign))
                }
                _ => false,
            };
        Self { text, damage, locked }
    }
}

/// Opens or creates the database with every table; for reading alone where the disk is full or may not be written.
pub fn open_db(layout: &Layout) -> Result<Opened, Fault> {
    let options = database_options();
    let fault = match DB::open_cf_descriptors(&options, layout.db(), families()) {
        Ok(db) => return Ok(Opened { db, read_only: None }),
        Err(e) => Fault::from(e),
    };
    if fault.damage || fault.locked {
        return Err(fault);
    }
    match DB::open_cf_descriptors_read_only(&options, layout.db(), existing(&options, layout), false) {
        Ok(db) => Ok(Opened { db, read_only: Some(fault.text) }),
        // The first failure is the one that the user can do something about.
        Err(_) => Err(fault),
    }
}

/// The tables that are there: of what may only be read, none can be made. What is missing reads as nothing.
fn existing(options: &Options, layout: &Layout) -> Vec<ColumnFamilyDescriptor> {
    let names = DB::list_cf(options, layout.db());
    families().into_iter().filter(|f| names.as_ref().map_or(true, |n| n.iter().any(|n| n == f.name()))).collect()
}

fn families() -> [ColumnFamilyDescriptor; Table::ALL.len()] {
    let mut cache = BlockBasedOptions::default();
    cache.set_block_cache(&Cache::new_lru_cache(4 << 20));
    Table::ALL.map(|table| {
        let mut options = Options::default();
        options.set_write_buffer_size(8 << 20);
        options.set_arena_block_size(64 << 10);
        options.set_compression_type(DBCompressionType::None);
        options.set_block_based_table_factory(&cache);
        ColumnFamilyDescriptor::new(table.name(), options)
    })
}

fn database_options() -> Options {
    let mut options = Options::default();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    options.set_max_open_files(64);
    options.set_skip_stats_update_on_db_open(true);
    // Bounds memory, and with it the log that must be replayed after a crash.
    options.set_db_write_buffer_size(16 << 20);
    options.set_max_total_wal_size(16 << 20);
    options.set_max_background_jobs(2);
    options.set_max_manifest_file_size(1 << 20);
    options.set_log_level(LogLevel::Warn);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(256 << 10);
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}
