//! Layer 8: the decision. From a query to a plan or a reason, and from a finished compile to a stored result.
//!
//! It must never talk to a client, run the compiler that was asked for, or decide about time-outs: it is called by the
//! daemon with what it needs and answers. No failure in here fails a build: a lookup that goes wrong is a miss or a
//! [`WhyNot`], a publication that goes wrong is counted and forgotten.

pub mod find;
pub mod plan;
pub mod prepare;
pub mod publish;
pub mod reasons;
pub mod restore;
pub mod split;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Mutex,
};

use crate::{
    base::{digest::Digest, sync::lock},
    fingerprint::{closure::KnownExterns, macro_env::MacroVariables},
    rustc::{WhyNot, linker::Linkers, toolchain::Toolchains},
    store::Store,
};

pub use find::{Answer, Found};
pub use prepare::Prepared;

/// The store with everything that is remembered about compilers and linkers.
pub struct Engine {
    pub store: Store,
    toolchains: Toolchains,
    linkers: Linkers,
    macro_variables: MacroVariables,
    /// Crates that are being compiled or were since this daemon started: output path without extension, file names of
    /// direct dependencies. Cargo's hash in the name covers the dependencies, so the name stands for them.
    making: Mutex<HashMap<PathBuf, Vec<String>>>,
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
        let stem = format!("lib{}{}", prepared.inv.crate_name, prepared.inv.extra_filename);
        lock(&self.making).insert(prepared.places.out_dir.join(stem), prepared.extern_names());
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
