//! The crates behind the crates: what a compile reads through the ones it was given.
//!
//! `--extern` names direct dependencies; metadata and objects of theirs are found by rustc in `-L dependency`. Which ones is
//! known for every crate that came through the cache. Where it is not, everything in those directories counts: that can
//! only cost a hit, never give a wrong one.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use self::dirs::{CrateDirs, is_crate};
use super::{Components, Part, macro_env::MacroCrate};
use crate::{
    base::digest::{Digest, DigestFile},
    rustc::{Invocation, WhyNot},
};

pub mod dirs;

/// What is known of a crate file: the file names of the crates it was compiled against.
pub trait KnownExterns {
    /// `None` if this content was not made through the cache. The file counts where its content is not known yet, because
    /// its compiler is still running (cargo starts dependents as soon as there is metadata).
    fn externs(&self, digest: &Digest, file: &Path) -> Option<Vec<String>>;
}

/// All crates that a compile can see, by file stem.
#[derive(Debug, Default)]
pub struct Closure {
    /// Stem (`libserde-0123`) to the digest of the file that is read.
    pub crates: BTreeMap<String, Digest>,
    /// The files that were found for them.
    pub files: BTreeMap<String, PathBuf>,
    /// Files given directly, for the time they were written.
    pub direct: Vec<PathBuf>,
}

impl Closure {
    /// Walks from the direct dependencies to everything behind them.
    ///
    /// # Errors
    /// [`WhyNot::Input`] if a direct dependency cannot be read.
    pub fn of(inv: &Invocation, cwd: &Path, known: &dyn KnownExterns, files: &dyn DigestFile) -> Result<Self, WhyNot> {
        let mut walk = Walk {
            dirs: CrateDirs::new(inv.dependency_dirs.iter().map(|d| cwd.join(d))),
            links: inv.runs_linker(),
            queue: Vec::new(),
        };
        let mut closure = Self::default();
        let mut complete = true;
        for path in inv.externs.iter().filter_map(|e| e.path.as_ref()) {
            let path = cwd.join(path);
            let (digest, _) = files.digest(&path).map_err(|e| WhyNot::Input(e.to_string()))?;
            closure.crates.insert(stem(&path), digest);
            closure.files.insert(stem(&path), path.clone());
            complete &= walk.follow(&digest, &path, known);
            closure.direct.push(path);
        }
        while let Some(name) = walk.queue.pop() {
            let stem = stem(Path::new(&name));
            if closure.crates.contains_key(&stem) {
                continue;
            }
            let found = walk.find(&name).and_then(|p| files.digest(&p).ok().map(|(d, _)| (d, p)));
            // A crate that is not there cannot be read; that it is not there is a fact as well.
            let digest = found.as_ref().map_or(Digest([0; 32]), |(d, _)| *d);
            closure.crates.insert(stem.clone(), digest);
            closure.files.extend(found.iter().map(|(_, path)| (stem.clone(), path.clone())));
            complete &= found.is_none_or(|(digest, path)| walk.follow(&digest, &path, known));
        }
        if !complete {
            closure.add_everything(&walk.dirs, files);
        }
        Ok(closure)
    }

    fn add_everything(&mut self, dirs: &CrateDirs, files: &dyn DigestFile) {
        for path in dirs.files() {
            let Some(name) = path.file_name().filter(|n| is_crate(n)) else { continue };
            if let Ok((digest, _)) = files.digest(&path) {
                let name = name.to_string_lossy().into_owned();
                self.files.entry(name.clone()).or_insert(path);
                self.crates.entry(name).or_insert(digest);
            }
        }
    }

    /// Adds all crates to a key: the direct ones by the name they are given, the others by file.
    pub fn add_to(&self, parts: &mut Components, inv: &Invocation) {
        let mut direct = Vec::new();
        for e in &inv.externs {
            let stem = e.path.as_deref().map(stem).unwrap_or_default();
            let digest = self.crates.get(&stem).copied().unwrap_or(Digest([0; 32]));
            let name = e.name.rsplit(':').next().unwrap_or(&e.name);
            parts.value(Part::Dependency, name, &[e.name.as_bytes(), b"\0", stem.as_bytes(), b"\0", &digest.0].concat());
            direct.push(stem);
        }
        for (stem, digest) in self.crates.iter().filter(|(s, _)| !direct.contains(s)) {
            parts.digest(Part::Dependency, stem, *digest);
        }
    }

    /// The procedural macros among them, with their content. A library that is linked dynamically has a file for metadata
    /// beside it, unless it was given directly and may be either.
    pub fn macros(&self) -> Vec<(MacroCrate, Digest)> {
        let is_macro =
            |file: &Path| is_dylib(file) && (self.direct.iter().any(|d| d == file) || !file.with_extension("rlib").exists());
        let found = self.files.iter().filter(|(_, file)| is_macro(file));
        let named = |(key, file): (&String, &PathBuf)| {
            let one = MacroCrate { name: crate_of(&stem(file)).to_owned(), file: file.clone() };
            Some((one, *self.crates.get(key)?))
        };
        let mut macros: Vec<_> = found.filter_map(named).collect();
        // Among everything are those given directly.
        macros.dedup_by(|(a, _), (b, _)| a.file == b.file);
        macros
    }
}

struct Walk {
    dirs: CrateDirs,
    links: bool,
    queue: Vec<String>,
}

impl Walk {
    /// Queues what `digest` was compiled against; false if that is not known.
    fn follow(&mut self, digest: &Digest, path: &Path, known: &dyn KnownExterns) -> bool {
        match known.externs(digest, path) {
            Some(names) => {
                self.queue.extend(names);
                true
            }
            None => false,
        }
    }

    /// The file that stands for a crate: what a linker reads when there is one, else what the compiler reads.
    fn find(&self, name: &str) -> Option<PathBuf> {
        let as_named = Path::new(name);
        let mut names = vec![as_named.to_owned()];
        if as_named.extension().is_some_and(|e| e == "rmeta") {
            let rlib = as_named.with_extension("rlib");
            names.insert(usize::from(!self.links), rlib);
        }
        self.dirs.find(&names)
    }
}

fn is_dylib(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "so" || e == "dylib" || e == "dll")
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

/// `serde_derive` of `libserde_derive-0123456789abcdef`.
fn crate_of(stem: &str) -> &str {
    let name = stem.strip_prefix("lib").unwrap_or(stem);
    name.rsplit_once('-').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests;
