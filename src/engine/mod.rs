//! Layer 8: the decision. From a query to a plan or a reason, and from a finished compile to a stored result.
//!
//! It must never talk to a client, run the compiler that was asked for, or decide about time-outs: it is called by the
//! daemon with what it needs and answers. No failure in here fails a build: a lookup that goes wrong is a miss or a
//! [`WhyNot`], a publication that goes wrong is counted and forgotten.

pub mod additions;
pub mod by_meaning;
pub mod cut_off;
pub mod find;
pub mod levels;
pub mod plan;
pub mod prepare;
pub mod publish;
pub mod reasons;
pub mod restore;
pub mod last_link;
mod link_record;
mod link_words;
mod pieces;
pub mod relink;
mod retarget;
mod secretive;
pub mod split;
pub mod states;
pub mod truth;
mod understand;
pub mod units;

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::{
    base::{digest::Digest, sync::lock},
    fingerprint::{closure::KnownExterns, macro_env::MacroVariables},
    rustc::{WhyNot, linker::Linkers, toolchain::Toolchains},
    store::Store,
};

pub use cut_off::{Candidate, Graft};
pub use find::{Answer, Found, Missed};
pub use prepare::Prepared;
pub use relink::{Piece, Relink};

/// The store with everything that is remembered about compilers and linkers.
pub struct Engine {
    pub store: Store,
    toolchains: Toolchains,
    linkers: Linkers,
    macro_variables: MacroVariables,
    /// Crates that are being compiled or were since this daemon started: output path without extension, file names of
    /// direct dependencies. Cargo's hash in the name covers the dependencies, so the name stands for them.
    making: Mutex<HashMap<PathBuf, Vec<String>>>,
    /// Crates whose files in place hold the metadata of an earlier compile because of a graft: output path without extension.
    grafted: Mutex<HashSet<PathBuf>>,
    /// Crates whose latest compile has left the value of a secret somewhere, as far as wrappers have told: output path without extension.
    secretive: Mutex<HashSet<PathBuf>>,
    /// What the compiler may read of crates, by the content of their archives.
    metadata: Mutex<HashMap<Digest, Digest>>,
    /// Where rustc keeps incremental state.
    state_names: states::Names,
    /// Of sources that were read lately.
    pieces: pieces::Pieces,
    /// Target directories that were looked at lately.
    looks: units::Looks,
    /// Files in the store's file system can share blocks.
    reflink: bool,
}

impl Engine {
    /// Around an open store.
    pub fn new(store: Store) -> Self {
        let reflink = crate::base::fs::supports_reflink(store.root());
        Self {
            store,
            toolchains: Toolchains::default(),
            linkers: Linkers::default(),
            macro_variables: MacroVariables::default(),
            making: Mutex::default(),
            grafted: Mutex::default(),
            secretive: Mutex::default(),
            metadata: Mutex::default(),
            state_names: states::Names::default(),
            pieces: pieces::Pieces::default(),
            looks: units::Looks::default(),
            reflink,
        }
    }
}

impl KnownExterns for Engine {
    fn externs(&self, digest: &Digest, file: &Path) -> Option<Vec<String>> {
        let making = || lock(&self.making).get(&file.with_extension("")).cloned();
        self.store.externs(digest).or_else(making)
    }
}

impl Engine {
    /// Notes what a crate is being compiled against, for dependents that ask before the result is stored.
    pub fn note_making(&self, prepared: &Prepared) {
        lock(&self.making).insert(prepared.stem(), prepared.extern_names());
    }

    /// Notes whether the files in place are those of a graft.
    pub fn note_grafted(&self, prepared: &Prepared, grafted: bool) {
        let mut all = lock(&self.grafted);
        if grafted {
            all.insert(prepared.stem())
        } else {
            all.remove(&prepared.stem())
        };
    }

    /// One of the crates behind a unit was grafted: that the unit need not be compiled is owed to that.
    fn sees_a_graft(&self, prepared: &Prepared) -> bool {
        let all = lock(&self.grafted);
        let dirs = || prepared.inv.dependency_dirs.iter().map(|d| prepared.places.cwd.join(d));
        !all.is_empty() && prepared.closure.crates.keys().any(|stem| dirs().any(|d| all.contains(&d.join(stem))))
    }
}

impl From<WhyNot> for NotStored {
    fn from(why: WhyNot) -> Self {
        Self::WhyNot(why)
    }
}

/// Why a finished compile was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NotStored {
    #[error("the input {0} changed during the compile")]
    InputChanged(String),
    #[error("the output {0} was written to by somebody else")]
    OutputChanged(String),
    #[error("the output {0} is not one that this compile declares")]
    Undeclared(String),
    #[error("no dependency information was written")]
    NoDepInfo,
    #[error("{}", .0.sentence())]
    WhyNot(WhyNot),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}
