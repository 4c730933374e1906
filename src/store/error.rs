//! What can go wrong with a store. Every text says where; nothing here decides what a build does about it (it goes on).

use std::{io, path::PathBuf};

/// Why the store could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Written by a newer version of this program; nothing was touched.
    #[error(
        "{}: the store has format {found}, this version knows formats up to {known}\n\
         hint: upgrade rustc-hyperopt, or choose another cache directory", root.display()
    )]
    Newer { root: PathBuf, found: u32, known: u32 },
    /// Another process has the index open.
    #[error("{}: another process has the store open", root.display())]
    Busy { root: PathBuf },
    /// A file operation failed; the text has the path.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// RocksDB failed.
    #[error("{}: {detail}", path.display())]
    Index { path: PathBuf, detail: String },
    /// The file is not, or no longer, the one that was to be stored.
    #[error("{}: changed while it was being stored", path.display())]
    Changed { path: PathBuf },
}
