//! One unit of a target directory, as it was found.
//!
//! It must never write, and reads only what is asked for. A unit that cargo would not hold for finished is none.

use std::{
    cell::OnceCell,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::looks::{Known, Standing};
use crate::{
    artifact::unit::Role,
    base::{clock::Nanos, fs::FileSig},
    cargo::{
        fingerprint::{self, Fingerprint, Kind},
        layout::UnitFiles,
    },
    rustc::depinfo::DepInfo,
};

/// A unit of the target directory.
pub(super) struct Found {
    pub place: String,
    pub files: UnitFiles,
    /// Of `files.files`, as they were found.
    pub sigs: Vec<FileSig>,
    pub fingerprint: Arc<Fingerprint>,
    /// As it was found.
    pub standing: Standing,
    pub told: OnceCell<Option<Told>>,
}

/// What rustc has noted about a compile.
pub(super) struct Told {
    pub info: DepInfo,
    pub made: Vec<PathBuf>,
}

impl Found {
    /// A unit, as far as cargo holds it for finished. Signatures are taken before anything is read.
    pub fn at(place: &str, profile: &Path, files: UnitFiles, known: Option<&Known>) -> Option<Self> {
        let sigs: Vec<FileSig> = files.files.iter().map(|f| FileSig::of(&profile.join(f)).ok()).collect::<Option<_>>()?;
        let standing = |name: &str| Standing::of(profile, &files, &sigs, name);
        let same = known.filter(|known| standing(&known.fingerprint.file) == Some(known.standing));
        let (standing, fingerprint) = match same {
            Some(known) => (known.standing, known.fingerprint.clone()),
            None => {
                let dir = profile.join(&files.fingerprint);
                let (name, kind) = fingerprint::find(&dir)?;
                (standing(&name)?, Arc::new(fingerprint::read_named(&dir, name, kind)?))
            }
        };
        Some(Self { place: place.to_owned(), files, sigs, fingerprint, standing, told: OnceCell::new() })
    }

    pub fn all(&self) -> impl Iterator<Item = (&PathBuf, &FileSig)> {
        self.files.files.iter().zip(&self.sigs)
    }

    /// What a build script has said to cargo.
    pub fn said(&self) -> impl Iterator<Item = (&PathBuf, &FileSig)> {
        let is_it = |f: &Path| !f.iter().any(|p| p == "out") && f.file_name().is_some_and(|n| n == "output" || n == "stdout");
        self.all().filter(move |(f, _)| is_it(f))
    }

    /// The write times that cargo compares: those of a script's run are the one of what it has said.
    fn times(&self) -> impl Iterator<Item = Nanos> {
        let is_run = self.fingerprint.kind == Kind::Run;
        let (said, all) = (self.said().filter(move |_| is_run), self.all().filter(move |_| !is_run));
        said.chain(all).map(|(_, sig)| sig.mtime)
    }

    pub fn newest(&self) -> Nanos {
        self.times().max().unwrap_or(Nanos::MAX)
    }

    pub fn oldest(&self) -> Nanos {
        self.times().min().unwrap_or(Nanos::MIN)
    }

    /// What it is for; `None` if nothing else can depend on it, or if it has made nothing.
    pub fn role(&self) -> Option<Role> {
        let with = |ending: &str| self.files.files.iter().any(|f| f.extension().is_some_and(|e| e == ending));
        match self.fingerprint.kind {
            Kind::Run => Some(Role::Run),
            Kind::BuildScript => Some(Role::BuildScript),
            Kind::Library if with("rlib") || with("so") => Some(Role::Library),
            Kind::Library if with("rmeta") => Some(Role::Metadata),
            _ => None,
        }
    }
}
