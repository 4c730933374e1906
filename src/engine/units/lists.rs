//! What a build has needed, noted so that the same build elsewhere gets just that.
//!
//! Cargo leaves units of earlier builds in a target directory; what counts is what the workspace's own units were built
//! against, those of the kind that the command makes, and of each the newest.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::Path,
    time::SystemTime,
};

use super::{found::Found, ingest::Ingest, member};
use crate::{
    base::digest::{Digest, KeyHasher},
    cargo::{
        call::{Call, Purpose},
        fingerprint::Kind,
    },
    store::{StoreError, ToolchainNote, UnitList},
};

/// More than this is no `.rustc_info.json`.
const LONGEST_INFO: usize = 256 * 1024;
/// Versions of one member that are kept in mind for a directory: those of a few branches.
const VERSIONS: usize = 4;
/// Members in one list.
const MOST: usize = 2_000;

impl Ingest<'_> {
    /// Notes the units behind the workspace's own, and what the compiler was.
    pub(super) fn note_lists(&mut self) -> Result<(), StoreError> {
        let roots = self.roots();
        let mut units = Vec::new();
        let mut seen = HashSet::new();
        for root in &roots {
            self.collect(*root, &mut seen, &mut units);
        }
        let (members, units): (Vec<usize>, Vec<usize>) = units.into_iter().partition(|unit| self.is_member(*unit));
        self.note_members(&members)?;
        let units: Vec<Digest> = units.into_iter().filter_map(|unit| self.id(unit)).collect();
        if units.is_empty() {
            return Ok(());
        }
        let store = &self.engine.store;
        if !self.round.again {
            let used = self.seeded().filter(|id| units.contains(id)).count() as u64;
            store.count_predictions(|p| {
                p.seeds_used += used;
                p.seeds_idle += self.seeded().count() as u64 - used;
            });
        }
        let list = UnitList { units, complete: !seen.into_iter().any(|unit| self.is_put_off(unit)) };
        store.put_unit_list(&self.site.call.exact, &list)?;
        store.put_unit_list(&self.site.call.roughly, &list)?;
        let Some(rustc) = roots.iter().find_map(|r| Some(self.found[*r].fingerprint.said.as_ref()?.rustc)) else { return Ok(()) };
        let info = fs::read(self.site.call.target().join(".rustc_info.json")).unwrap_or_default();
        let info = if info.len() <= LONGEST_INFO { info } else { Vec::new() };
        store.put_toolchain_note(&toolchain_key(&self.site.call), &ToolchainNote { rustc, info })
    }

    /// Notes the workspace's own units for this directory; those of other versions of the sources stay behind them.
    fn note_members(&mut self, units: &[usize]) -> Result<(), StoreError> {
        let name = |unit: usize| (self.found[unit].place.clone(), self.found[unit].files.name.clone());
        let taken = || units.iter().filter_map(|unit| Some((*unit, self.id(*unit)?)));
        let mut members: Vec<Digest> = taken().map(|(_, id)| id).collect();
        let Some(_) = self.site.own.as_ref().filter(|_| !members.is_empty()) else { return Ok(()) };
        let store = &self.engine.store;
        let key = member::list_key(&self.site.call, &self.site.root);
        let before = store.unit_list(&key).unwrap_or_default();
        let mut versions: HashMap<(String, String), usize> = taken().map(|(unit, _)| (name(unit), 1)).collect();
        let mut names: HashMap<_, _> = taken().map(|(unit, id)| (id, name(unit))).collect();
        // Those that are missing today may have been removed while this was looked at: they go with the store's entries.
        for id in before.units.iter().filter(|id| !members.contains(id)).copied().collect::<Vec<_>>() {
            let known = self.looked.names.remove(&id).filter(|_| store.has_unit(&id));
            let Some(name) = known.or_else(|| store.unit_by_id(&id).map(|unit| (unit.place, unit.name))) else { continue };
            let known = versions.entry(name.clone()).or_default();
            if *known < VERSIONS && members.len() < MOST {
                *known += 1;
                members.push(id);
                names.insert(id, name);
            }
        }
        self.looked.names = names;
        if members == before.units { Ok(()) } else { store.put_unit_list(&key, &UnitList { units: members, complete: false }) }
    }

    /// The workspace's own units that this command makes, as far as everything behind them is there.
    fn roots(&self) -> Vec<usize> {
        let mut newest: HashMap<(&str, &str, bool), (SystemTime, usize)> = HashMap::new();
        for (n, found) in self.found.iter().enumerate() {
            let metadata_only = is_metadata_only(found);
            if !self.is_member(n) || !is_wanted(self.site.call.purpose, found.fingerprint.kind, metadata_only) {
                continue;
            }
            let file = self.site.call.target().join(&found.place).join(&found.files.fingerprint).join(&found.fingerprint.file);
            let Ok(written) = fs::metadata(&file).and_then(|m| m.modified()) else { continue };
            let entry = newest.entry((&found.place, &found.fingerprint.file, metadata_only)).or_insert((written, n));
            if entry.0 < written {
                *entry = (written, n);
            }
        }
        let mut roots: Vec<usize> = newest.into_values().map(|(_, n)| n).collect();
        roots.sort_unstable();
        roots
    }

    /// Adds everything behind a unit, what is behind it first.
    fn collect(&self, unit: usize, seen: &mut HashSet<usize>, units: &mut Vec<usize>) {
        if !seen.insert(unit) {
            return;
        }
        for dep in self.dependencies(unit).into_iter().flatten() {
            self.collect(dep, seen, units);
        }
        units.push(unit);
    }
}

fn is_wanted(purpose: Purpose, kind: Kind, metadata_only: bool) -> bool {
    match (kind, purpose) {
        (Kind::BuildScript | Kind::Run, _) => true,
        (_, Purpose::Check) => metadata_only,
        (Kind::Test, Purpose::Build) => false,
        (_, Purpose::Build | Purpose::Test) => !metadata_only,
    }
}

fn is_metadata_only(found: &Found) -> bool {
    let is = |f: &Path, ending: &str| f.extension().is_some_and(|e| e == ending);
    !found.files.files.is_empty() && found.files.files.iter().all(|f| is(f, "rmeta"))
}

/// Under which a toolchain is noted.
pub(super) fn toolchain_key(call: &Call) -> Digest {
    KeyHasher::new("toolchain note").field("scope", &call.scope.0).field("name", call.toolchain.as_bytes()).finish()
}
