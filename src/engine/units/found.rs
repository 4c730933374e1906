//! One unit of a target directory, as it was found.
//!
//! It must never write, and reads only what is asked for. A unit that cargo would not hold for finished is none. Of one that was
//! put there from the store, and stands there as it was, next to nothing is looked at: the store knows it all.

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::looks::{Known, Standing};
use crate::{
    artifact::{
        Content,
        unit::{Role, StoredUnit, TARGET},
    },
    base::{clock::Nanos, digest::Digest, fs::FileSig, text},
    cargo::{
        fingerprint::{self, Fingerprint, Kind},
        layout::UnitFiles,
        package::PackageId,
    },
    rustc::depinfo::DepInfo,
    store::Store,
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
    /// Its name in the store and its package, if it was put there and stands there as it was.
    pub seeded: Option<(Digest, PackageId)>,
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
        Some(Self { place: place.to_owned(), files, sigs, fingerprint, standing, told: OnceCell::new(), seeded: None })
    }

    /// A unit that was put there from the store, if it stands there still.
    pub fn seeded(store: &Store, id: Digest, unit: StoredUnit, target: &Path) -> Option<Self> {
        let (files, sigs) = stands(store, &unit, target)?.into_iter().unzip();
        let hash = unit.files.iter().find(|f| is_hash(&f.path))?;
        let Content::Inline(text) = &hash.content else { return None };
        let path = Path::new(&hash.path);
        let file = path.file_name()?.to_str()?.to_owned();
        let fingerprint = Fingerprint { kind: Kind::of(&file)?, hash: fingerprint::parse_hash(text)?, file, said: None };
        Some(Self {
            standing: Standing::seeded(&id, FileSig::of(&target.join(&unit.place).join(path)).ok()?),
            files: UnitFiles {
                name: unit.name,
                fingerprint: path.parent()?.to_owned(),
                files,
                dirs: unit.dirs.into_iter().map(PathBuf::from).collect(),
                ..UnitFiles::default()
            },
            place: unit.place,
            sigs,
            fingerprint: Arc::new(fingerprint),
            told: OnceCell::new(),
            seeded: Some((id, unit.package)),
        })
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

/// The files of a stored unit in a target directory, but for those of the fingerprint, if they are all there and the same byte by
/// byte. Cargo writes the others of the fingerprint with the hash.
pub(super) fn stands(store: &Store, unit: &StoredUnit, target: &Path) -> Option<Vec<(PathBuf, FileSig)>> {
    let profile = target.join(&unit.place);
    let mut files = Vec::new();
    for file in unit.files.iter().filter(|f| is_hash(&f.path) || !is_of_fingerprint(&f.path)) {
        let path = profile.join(&file.path);
        let is_text = |text: &[u8]| fs::read(&path).is_ok_and(|now| now == text);
        let sig = match &file.content {
            Content::Blob(digest) => store.as_blob(&path, digest)?,
            Content::Inline(bytes) if is_text(bytes) => FileSig::of(&path).ok()?,
            Content::Relocatable(bytes) if is_text(&text::replace(bytes, TARGET, target.as_os_str().as_encoded_bytes())) => {
                FileSig::of(&path).ok()?
            }
            _ => return None,
        };
        if !is_of_fingerprint(&file.path) {
            files.push((file.path.clone().into(), sig));
        }
    }
    Some(files)
}

/// In either layout; what a build script has written may be called the same.
fn is_of_fingerprint(path: &str) -> bool {
    let mut parts = path.split('/').skip(2);
    path.starts_with(".fingerprint/") || (parts.next() != Some("out") && parts.next() == Some("fingerprint"))
}

/// The file by which cargo tells whether a unit is fresh.
fn is_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    is_of_fingerprint(path) && !name.contains('.') && Kind::of(name).is_some()
}

/// A fingerprint in words.
pub(super) fn is_words(path: &str) -> bool {
    is_of_fingerprint(path) && path.ends_with(".json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_the_fingerprint() {
        for path in [".fingerprint/a-1/lib-a", "build/a/1/fingerprint/run-build-script-build-script-build"] {
            assert!(is_of_fingerprint(path) && is_hash(path), "{path}");
        }
        for path in [".fingerprint/a-1/dep-lib-a", "build/a/1/fingerprint/lib-a.json", ".fingerprint/a-1/invoked.timestamp"] {
            assert!(is_of_fingerprint(path) && !is_hash(path), "{path}");
        }
        for path in
            ["build/a-1/out/fingerprint/lib-a", "build/a/1/out/fingerprint/lib-a.json", "build/a-1/output", "deps/liba-1.rlib"]
        {
            assert!(!is_of_fingerprint(path) && !is_hash(path) && !is_words(path), "{path}");
        }
    }
}
