//! The scratch directory: links to everything a plain rebuild uses as it is, room for what it makes, and nothing else.
//!
//! rustc must not see the old and the new file of a crate at once. If a comment alone has changed, both have the same
//! crate hash, and of two such files rustc 1.95 takes the one of the *last* `-L` for a crate that it finds by hash, whatever
//! `--extern` says. So there is one directory, in which each crate stands once.

use std::{
    collections::HashSet,
    io,
    os::unix::fs::symlink,
    path::{Path, PathBuf},
};

use super::{Mode, NoTruth, graph::Graph};
use crate::{
    base::fs::at,
    engine::Engine,
    fingerprint::closure::{Closure, dirs::CrateDirs},
    rustc::Places,
};

/// Below the scratch directory, a directory for each unit.
pub const INCREMENTAL: &str = "incremental";
/// Files by which a crate is found.
const KINDS: [&str; 5] = ["rmeta", "rlib", "so", "dylib", "dll"];

/// A scratch directory.
pub struct Farm {
    scratch: PathBuf,
    dir: PathBuf,
    /// File names without extension of what is made here.
    remade: HashSet<String>,
    linked: HashSet<String>,
}

impl Farm {
    /// Makes the directory and fills it for these units.
    pub fn plant(engine: &Engine, graph: &Graph, scratch: &Path) -> Result<Self, NoTruth> {
        let remade = graph.units.iter().map(|u| last(&u.stem)).collect();
        let mut farm = Self { scratch: scratch.into(), dir: scratch.join("deps"), remade, linked: HashSet::new() };
        // It is found in messages by its text.
        Places::new(farm.dir.clone(), &farm.dir, None)?;
        std::fs::create_dir_all(&farm.dir).map_err(|e| at(&farm.dir, e))?;
        farm.make_room();
        for unit in &graph.units {
            let cwd = Path::new(&unit.command.cwd);
            let closure = Closure::of(&unit.inv, cwd, engine, &engine.store)?;
            let macros: HashSet<String> = closure.macros().iter().map(|(one, _)| name_of(&one.file)).collect();
            let mut dirs: Vec<PathBuf> = unit.inv.dependency_dirs.iter().map(|d| cwd.join(d)).collect();
            dirs.extend(closure.direct.iter().filter_map(|p| p.parent()).map(Path::to_owned));
            dirs.sort();
            dirs.dedup();
            let dirs = CrateDirs::new(dirs);
            for (crate_file, digest) in &closure.crates {
                let (stem, is_known) = match KINDS.iter().find_map(|k| crate_file.strip_suffix(&format!(".{k}"))) {
                    Some(stem) => (stem, false),
                    None => (crate_file.as_str(), true),
                };
                if farm.remade.contains(stem) {
                    continue;
                }
                if is_known && !macros.contains(stem) {
                    farm.check(stem, &engine.store.externs(digest).unwrap_or_default())?;
                }
                farm.link(stem, &dirs).map_err(|e| at(&farm.dir, e))?;
            }
        }
        Ok(farm)
    }

    /// What is made here must not be written through a link that served another rebuild in the same directory.
    fn make_room(&self) {
        for path in self.remade.iter().flat_map(|stem| KINDS.map(|k| self.dir.join(format!("{stem}.{k}")))) {
            if path.is_symlink() {
                drop(std::fs::remove_file(path));
            }
        }
    }

    /// What stands on a crate that is made anew must be made anew itself.
    fn check(&self, stem: &str, externs: &[String]) -> Result<(), NoTruth> {
        let stands_on = externs.iter().any(|name| self.remade.contains(&name_of(Path::new(name))));
        if stands_on { Err(NoTruth::Between(stem.into())) } else { Ok(()) }
    }

    fn link(&mut self, stem: &str, dirs: &CrateDirs) -> io::Result<()> {
        for kind in KINDS {
            let name = format!("{stem}.{kind}");
            let found = dirs.find(&[&name]);
            if let Some(found) = found.filter(|_| self.linked.insert(name.clone())) {
                match symlink(found, self.dir.join(name)) {
                    Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Where crates stand and are written to.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A directory for incremental compilation of one unit.
    pub fn incremental(&self, stem: &Path) -> PathBuf {
        self.scratch.join(INCREMENTAL).join(last(stem))
    }

    /// The file to use for a crate that was given by this path.
    pub fn place(&self, given: PathBuf, mode: Mode) -> PathBuf {
        let Some(name) = given.file_name().and_then(|n| n.to_str()) else { return given };
        match self.remade.contains(&name_of(&given)) {
            true if mode == Mode::Metadata => self.dir.join(name).with_extension("rmeta"),
            false if !self.linked.contains(name) => given,
            _ => self.dir.join(name),
        }
    }
}

fn name_of(path: &Path) -> String {
    path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// Of a path without extension, whatever dots it has.
fn last(stem: &Path) -> String {
    stem.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
