//! Which projects were built with the help of this store, and what was prepared for them ahead of time.
//!
//! It must never look into a project. A list that cannot be read is empty: the worst that follows is work done twice, or a
//! project that has to be named.

use std::{ffi::OsString, path::Path};

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Table, lock};
use crate::base::{
    clock,
    digest::{Digest, KeyHasher},
};

/// Projects that are remembered.
const MOST: usize = 64;

/// A project that was built.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownProject {
    /// The workspace's directory.
    pub root: OsString,
    /// The end of the last build that was taken in, in seconds since 1970.
    pub at: u64,
}

/// A command whose results were brought into the store before anybody asked for them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warmed {
    /// Of everything that was read, as far as it can be told cheaply.
    pub sources: Digest,
    /// There was a list of units, so there must be one still.
    pub listed: bool,
}

impl Store {
    /// Remembers that a project was built.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn note_project(&self, root: &Path) -> Result<(), StoreError> {
        let _publishing = lock(&self.publishing);
        let mut all = self.projects();
        all.retain(|p| Path::new(&p.root) != root);
        all.insert(0, KnownProject { root: root.into(), at: clock::wall_secs() });
        all.truncate(MOST);
        self.index.put(Table::Lists, &projects_key().0, &all)
    }

    /// The projects that were built, the newest first. Some may be gone.
    pub fn projects(&self) -> Vec<KnownProject> {
        self.index.get(Table::Lists, &projects_key().0).unwrap_or_default()
    }

    /// What was prepared under this key.
    pub fn warmed(&self, key: &Digest) -> Option<Warmed> {
        self.index.get(Table::Lists, &key.0)
    }

    /// Notes what was prepared.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_warmed(&self, key: &Digest, warmed: &Warmed) -> Result<(), StoreError> {
        self.index.put(Table::Lists, &key.0, warmed)
    }
}

/// Shares its table with keys of other kinds, which are made of more than a name.
fn projects_key() -> Digest {
    KeyHasher::new("known projects").finish()
}
