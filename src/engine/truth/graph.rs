//! The workspace's crates behind a unit, as the commands that compiled them name one another.
//!
//! Crates whose command is not known are taken as they stand in the target directory.

use std::{
    collections::HashSet,
    ffi::OsString,
    os::unix::ffi::OsStringExt,
    path::{Path, PathBuf},
};

use super::NoTruth;
use crate::{
    rustc::{CrateType, Invocation, Tool, depinfo::DepInfo},
    store::{Store, StoredCommand},
};

/// One crate to compile.
pub struct Unit {
    /// Absolute path of its outputs in the target directory, without extension.
    pub stem: PathBuf,
    pub command: StoredCommand,
    pub args: Vec<OsString>,
    pub inv: Invocation,
    /// Stems of those among its direct dependencies that are units, too.
    upstream: Vec<PathBuf>,
}

/// Those that others need come first, the unit that is asked for last.
pub struct Graph {
    pub units: Vec<Unit>,
}

impl Graph {
    /// The unit and everything behind it that can be edited and is no procedural macro.
    pub fn of(store: &Store, stem: &Path, command: StoredCommand) -> Result<Self, NoTruth> {
        let mut walk = Walk { store, seen: HashSet::from([stem.to_owned()]), units: Vec::new() };
        walk.visit(Unit::new(stem, command)?);
        Ok(Self { units: walk.units })
    }

    /// Leaves out what neither has one of these files nor depends on a crate that has, except the last unit. If no crate
    /// is known to have any of them, all stay.
    pub fn only_above(&mut self, files: &[PathBuf]) {
        let wanted: HashSet<PathBuf> = files.iter().filter_map(|f| f.canonicalize().ok()).collect();
        let mut kept: HashSet<PathBuf> = HashSet::new();
        for unit in &self.units {
            if unit.upstream.iter().any(|u| kept.contains(u)) || unit.has_one_of(&wanted) {
                kept.insert(unit.stem.clone());
            }
        }
        if let Some((last, upstream)) = self.units.split_last()
            && upstream.iter().any(|u| kept.contains(&u.stem))
        {
            kept.insert(last.stem.clone());
            self.units.retain(|u| kept.contains(&u.stem));
        }
    }
}

struct Walk<'a> {
    store: &'a Store,
    seen: HashSet<PathBuf>,
    units: Vec<Unit>,
}

impl Walk<'_> {
    /// As deep as the workspace's longest chain.
    fn visit(&mut self, mut unit: Unit) {
        let cwd = Path::new(&unit.command.cwd).to_owned();
        for path in unit.inv.externs.iter().filter_map(|e| e.path.as_ref()) {
            let stem = cwd.join(path).with_extension("");
            if self.units.iter().any(|u| u.stem == stem) {
                unit.upstream.push(stem);
            } else if self.seen.insert(stem.clone())
                && let Some(command) = self.store.command(&stem)
                && let Ok(next) = Unit::new(&stem, command)
                && next.is_library()
            {
                unit.upstream.push(stem);
                self.visit(next);
            }
        }
        self.units.push(unit);
    }
}

impl Unit {
    fn new(stem: &Path, command: StoredCommand) -> Result<Self, NoTruth> {
        let args: Vec<OsString> = command.args.iter().map(|a| OsString::from_vec(a.to_vec())).collect();
        let inv = Invocation::parse(Tool::of(&command.compiler), &args, Path::new(&command.cwd))?;
        Ok(Self { stem: stem.into(), command, args, inv, upstream: Vec::new() })
    }

    /// Dependents read its metadata. A procedural macro's they run.
    fn is_library(&self) -> bool {
        self.inv.crate_types.iter().any(|t| matches!(t, CrateType::Lib | CrateType::Rlib | CrateType::Dylib))
    }

    /// As its dependency information in the target directory says.
    fn has_one_of(&self, wanted: &HashSet<PathBuf>) -> bool {
        let cwd = Path::new(&self.command.cwd);
        let name = format!("{}{}.d", self.inv.crate_name, self.inv.extra_filename);
        let Ok(text) = std::fs::read(cwd.join(&self.inv.out_dir).join(name)) else { return false };
        let info = DepInfo::parse(&String::from_utf8_lossy(&text));
        let named = |file: &Path| wanted.iter().any(|w| w.file_name() == file.file_name());
        info.files.iter().any(|f| named(f) && cwd.join(f).canonicalize().is_ok_and(|f| wanted.contains(&f)))
    }
}
