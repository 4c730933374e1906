//! Which stored units are laid out before a build, and how.
//!
//! What fits together is told by names alone: a unit names what it was built against, so one is laid out only with just
//! those. Of two units with the same place in the target directory the first that is wanted wins, and what needs the other
//! is left out (source of the danger: rustc's E0460). Write times are chosen so that nothing is older than what it was
//! built against (source: `check_filesystem` in cargo's `fingerprint/mod.rs`).

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    rc::Rc,
};

use super::{
    Laid, LaidFile, Layout, Refused, Site, found,
    lists::toolchain_key,
    member::{self, Look},
    watched,
};
use crate::{
    artifact::{
        Content,
        unit::{Role, StoredUnit, TARGET, leads_down},
    },
    base::{clock::Nanos, digest::Digest, text},
    cargo::{call::Purpose, layout, package::PackageId},
    engine::{Engine, plan::Source},
    rustc::depinfo,
    store::Store,
};

/// The write time of what was built against nothing: long ago (September 2020), so that nothing that is built here is older.
const LONG_AGO: Nanos = 1_600_000_000_000_000_000;

/// Units of the store, each read once.
struct Units<'a> {
    store: &'a Store,
    read: HashMap<Digest, Option<Rc<StoredUnit>>>,
    /// Of members, the exact key of what was read.
    sources: HashMap<Digest, Option<Digest>>,
}

impl<'a> Units<'a> {
    fn of(store: &'a Store) -> Self {
        Self { store, read: HashMap::new(), sources: HashMap::new() }
    }

    fn get(&mut self, id: &Digest) -> Option<Rc<StoredUnit>> {
        self.read.entry(*id).or_insert_with(|| self.store.unit_by_id(id).map(Rc::new)).clone()
    }

    /// Remembers the units of those members that would be made today as they were; of each, how its inputs compare.
    fn look(&mut self, engine: &Engine, site: &Site) -> (Vec<Digest>, HashMap<Digest, Result<Nanos, Refused>>) {
        let Some(own) = &site.own else { return (Vec::new(), HashMap::new()) };
        let look = Look::begin(engine, own, site.call.target());
        let list = self.store.unit_list(&member::list_key(&site.call, &site.root)).unwrap_or_default();
        let members: Vec<_> = list.units.into_iter().filter_map(|id| Some((id, self.store.member(&id)?))).collect();
        let looked = look.all(&members);
        let ids = members.iter().map(|(id, _)| *id).collect();
        for (id, member) in members {
            self.sources.insert(id, member.compile.map(|c| c.sources));
            self.read.insert(id, Some(Rc::new(member.unit)));
        }
        (ids, looked)
    }
}

/// The work on one target directory.
struct Choice<'a> {
    engine: &'a Engine,
    site: &'a Site,
    units: Units<'a>,
    /// What has a fingerprint already, by place and unit.
    there: HashSet<(String, String)>,
    /// By place and unit: the name in the store that has won.
    won: HashMap<(String, String), Digest>,
    /// The latest write time among the files of a unit that is to be laid out, or stands there.
    done: HashMap<Digest, Result<Nanos, Refused>>,
    /// Of members: the latest write time among what they were made from, or why they cannot be laid out.
    looked: HashMap<Digest, Result<Nanos, Refused>>,
    layout: Layout,
    refused: BTreeMap<Refused, u64>,
}

impl Engine {
    /// What to put into a target directory before a build.
    pub fn seeds_for(&self, site: &Site) -> Layout {
        let note = self.store.toolchain_note(&toolchain_key(&site.call));
        let exactly = self.store.unit_list(&site.call.exact);
        let complete = exactly.as_ref().is_some_and(|list| list.complete);
        let mut units = Units::of(&self.store);
        let wanted = match exactly.or_else(|| self.store.unit_list(&site.call.roughly)) {
            Some(list) => list.units,
            None => self.candidates(site, note.as_ref().map(|n| n.rustc), &mut units),
        };
        let (members, looked) = units.look(self, site);
        let mut choice = Choice { looked, ..Choice::new(self, site, units) };
        for id in wanted {
            if let Err(refused) = choice.take(id, 0)
                && !choice.take_instead_of(&id)
            {
                *choice.refused.entry(refused).or_default() += 1;
            }
        }
        let complete = complete && choice.refused.is_empty();
        choice.take_members(&members);
        let Choice { mut layout, refused, .. } = choice;
        layout.complete = complete;
        layout.refused = refused.into_iter().map(|(r, n)| (r.name().to_owned(), n)).collect();
        layout.rustc_info = note.map(|n| n.info).unwrap_or_default();
        self.store.touch_units(layout.units.iter().map(|u| &u.id).chain(layout.present.iter().map(|(_, _, id)| id)));
        layout
    }

    /// Every unit of the packages in the lock file that this command could need. One too many costs a few links.
    fn candidates(&self, site: &Site, rustc: Option<u64>, units: &mut Units<'_>) -> Vec<Digest> {
        let places: HashSet<String> = site.call.places().into_iter().collect();
        let packages: HashSet<_> = site.packages.iter().collect();
        let fits = |unit: &StoredUnit| {
            let kind = match site.call.purpose {
                Purpose::Check => true,
                Purpose::Build | Purpose::Test => unit.role != Role::Metadata,
            };
            kind && places.contains(&unit.place) && rustc.is_none_or(|r| r == unit.rustc)
        };
        let all = site.packages.iter().flat_map(|p| self.store.units_of(&site.call.scope, p));
        let mut inside: HashMap<Digest, bool> = HashMap::new();
        let wanted: Vec<Digest> = all.filter(|id| units.get(id).is_some_and(|u| fits(&u))).collect();
        wanted.into_iter().filter(|id| units.is_within(id, &packages, &mut inside)).collect()
    }
}

impl Units<'_> {
    /// Whether everything that a unit was built against is in the lock file, too.
    fn is_within(&mut self, id: &Digest, packages: &HashSet<&PackageId>, known: &mut HashMap<Digest, bool>) -> bool {
        if let Some(known) = known.get(id) {
            return *known;
        }
        let unit = self.get(id);
        let within =
            unit.is_some_and(|u| packages.contains(&u.package) && u.deps.iter().all(|d| self.is_within(d, packages, known)));
        known.insert(*id, within);
        within
    }
}

/// Deeper than this no crates depend on each other.
const DEEPEST: usize = 1_000;

impl<'a> Choice<'a> {
    fn new(engine: &'a Engine, site: &'a Site, units: Units<'a>) -> Self {
        let mut there = HashSet::new();
        for place in site.call.places() {
            let found = layout::fingerprints(&site.call.target().join(&place));
            there.extend(found.into_keys().map(|name| (place.clone(), name)));
        }
        Self {
            engine,
            site,
            units,
            there,
            won: HashMap::new(),
            done: HashMap::new(),
            looked: HashMap::new(),
            layout: Layout::default(),
            refused: BTreeMap::new(),
        }
    }

    /// Lays out a unit after everything behind it; gives the latest write time among its files.
    fn take(&mut self, id: Digest, depth: usize) -> Result<Nanos, Refused> {
        if let Some(done) = self.done.get(&id) {
            return *done;
        }
        let result = self.lay(id, depth);
        self.done.insert(id, result);
        result
    }

    /// Lays out another unit of the same name, from a time with these tools or headers.
    fn take_instead_of(&mut self, id: &Digest) -> bool {
        let Some(unit) = self.units.get(id) else { return false };
        let is_like = |other: Rc<StoredUnit>| (&other.place, &other.name) == (&unit.place, &unit.name);
        let others = self.engine.store.units_of(&self.site.call.scope, &unit.package);
        others.iter().any(|other| other != id && self.units.get(other).is_some_and(is_like) && self.take(*other, 0).is_ok())
    }

    /// Lays out the workspace's own units; of several versions of one, the one that is today's.
    fn take_members(&mut self, members: &[Digest]) {
        let mut refused: HashMap<(String, String), Option<Refused>> = HashMap::new();
        for id in members {
            let Some(unit) = self.units.get(id) else { continue };
            let result = self.take(*id, 0).err();
            // The first is the newest.
            let known = refused.entry((unit.place.clone(), unit.name.clone())).or_insert(result);
            *known = known.and(result.and(*known));
        }
        refused.into_values().flatten().for_each(|why| *self.refused.entry(why).or_default() += 1);
    }

    fn lay(&mut self, id: Digest, depth: usize) -> Result<Nanos, Refused> {
        let unit = self.units.get(&id).filter(|_| depth < DEEPEST).ok_or(Refused::Gone)?;
        if unit.tools.is_some_and(|t| t != self.site.tools) {
            return Err(Refused::Tools);
        }
        let mut newest = LONG_AGO;
        for dep in &unit.deps {
            newest =
                newest.max(self.take(*dep, depth + 1).map_err(|r| if r == Refused::Gone { r } else { Refused::Dependency })?);
        }
        let key = (unit.place.clone(), unit.name.clone());
        if self.won.get(&key).is_some_and(|w| *w != id) {
            return Err(Refused::Conflict);
        }
        let newest = if self.there.contains(&key) {
            let standing = self.engine.write_time(&unit, self.site.call.target()).ok_or(Refused::Conflict)?;
            self.layout.present.push((key.0.clone(), key.1.clone(), id));
            standing
        } else {
            // They are what they were, whenever they were written.
            let newest = newest.max(watched::unchanged(&self.engine.store, &unit.watched).ok_or(Refused::Watched)?);
            let newest = if unit.package.is_local() { newest.max(self.own_inputs(&id, &unit)?) } else { newest };
            let (laid, newest) = self.files(id, &unit, newest)?;
            self.layout.units.push(laid);
            newest
        };
        self.won.insert(key, id);
        Ok(newest)
    }

    /// The latest write time of what a member was made from, if it would be made as it was.
    fn own_inputs(&self, id: &Digest, unit: &StoredUnit) -> Result<Nanos, Refused> {
        let latest = *self.looked.get(id).unwrap_or(&Err(Refused::Member)).as_ref().map_err(|refused| *refused)?;
        if let Some(Some(sources)) = self.units.sources.get(id) {
            self.engine.note_laid(unit, self.site.call.target(), *sources);
        }
        Ok(latest)
    }

    /// The unit's files and the latest of their write times, which is not before `newest`.
    fn files(&self, id: Digest, unit: &StoredUnit, newest: Nanos) -> Result<(Laid, Nanos), Refused> {
        let target = self.site.call.target.as_encoded_bytes();
        let mut latest = newest;
        let mut files = Vec::with_capacity(unit.files.len());
        for file in &unit.files {
            // Cargo reads the words only to say why it builds a unit again.
            if found::is_words(&file.path) && !unit.package.is_local() {
                continue;
            }
            if !leads_down(&file.path) {
                return Err(Refused::Unclear);
            }
            let mode = if file.executable { 0o777 } else { 0o666 };
            let source = match &file.content {
                Content::Inline(bytes) => Source::Bytes(bytes.clone()),
                Content::Relocatable(bytes) => Source::Bytes(text::replace(bytes, TARGET, target)),
                Content::Blob(digest) => {
                    let blob = self.engine.store.blob(digest).ok_or(Refused::Gone)?;
                    let link = file.linkable && blob.sig.mtime >= newest && blob.sig.mode == mode & !self.site.umask;
                    if link {
                        latest = latest.max(blob.sig.mtime);
                    }
                    Source::Blob {
                        path: blob.path.into_os_string(),
                        digest: *digest,
                        sig: blob.sig,
                        reflink: self.engine.reflink,
                        link,
                    }
                }
            };
            files.push(LaidFile { path: file.path.clone(), source, mode, mtime: newest });
        }
        // What lists sources must not be older than any of them, nor what a script has said older than what it has made.
        files.iter_mut().for_each(|f| f.mtime = latest);
        let dirs = unit.dirs.iter().filter(|d| leads_down(d)).cloned().collect();
        Ok((Laid { id, name: unit.name.clone(), place: unit.place.clone(), dirs, files }, latest))
    }
}

impl Engine {
    /// What stands under a member's name from now on is no earlier version's.
    fn note_laid(&self, unit: &StoredUnit, target: &Path, sources: Digest) {
        let dep_info = unit.files.iter().map(|f| Path::new(&f.path)).find(|p| p.extension().is_some_and(|e| e == "d"));
        if let Some(stem) = dep_info.and_then(depinfo::stem) {
            self.note_standing(&target.join(&unit.place).join(stem), sources);
        }
    }

    /// The latest write time among a unit's files in a target directory, if it stands there.
    fn write_time(&self, unit: &StoredUnit, target: &Path) -> Option<Nanos> {
        let files = found::stands(&self.store, unit, target)?;
        Some(files.iter().map(|(_, sig)| sig.mtime).fold(LONG_AGO, Nanos::max))
    }
}
