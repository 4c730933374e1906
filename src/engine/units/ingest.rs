//! From a target directory to stored units.
//!
//! A unit goes in only with everything behind it, and under a name made of all their contents: what does not fit together
//! has different names. All signatures are taken before the first byte is read: in a directory that somebody builds in
//! meanwhile they change, and that unit is left out, as is one that is older than what is behind it.

use std::{
    cell::RefCell,
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    rc::Rc,
};

use super::{
    Refused, Site,
    found::{self, Found, Told},
    gather::Surroundings,
    looks::{self, Known, Looked},
    watched,
};
use crate::{
    artifact::{
        Content,
        unit::{Role, StoredUnit, UnitFile},
    },
    base::{
        clock::{self, Nanos},
        digest::Digest,
        failpoint,
        fs::FileSig,
        secret::is_secret_name,
    },
    cargo::{
        fingerprint::{self, Kind},
        layout,
        package::PackageId,
    },
    engine::{Engine, secretive},
    rustc::depinfo::{self, DepInfo},
    store::StoreError,
};

/// What became of the units of a target directory.
#[derive(Debug, Default)]
pub struct Ingested {
    /// Units of which the store now has everything.
    pub units: u64,
    /// The others, as cargo names their directories.
    pub refused: Vec<(Refused, String)>,
    /// There was something else to do.
    pub cut_short: bool,
}

/// How a target directory is gone through.
pub struct Round<'a> {
    /// What a command has needed was counted after an earlier build.
    pub again: bool,
    /// There is something else to do: what is left is for another round.
    pub stop: &'a dyn Fn() -> bool,
}

/// The work on one target directory.
pub(super) struct Ingest<'a> {
    pub engine: &'a Engine,
    pub site: &'a Site,
    pub found: Vec<Found>,
    /// By cargo's hash of the fingerprint, which several may have.
    by_hash: HashMap<u64, Vec<usize>>,
    results: HashMap<usize, Result<(Digest, PackageId), Refused>>,
    /// Units of the workspace, or beside it.
    members: HashSet<usize>,
    /// Units of the store that were read already.
    read: RefCell<HashMap<Digest, Option<Rc<StoredUnit>>>>,
    /// Units that were put there from the store.
    seeded: HashMap<(String, String), Digest>,
    /// What was found by earlier rounds, and is by this one.
    pub looked: Looked,
    own: Digest,
    began: Nanos,
    pub round: &'a Round<'a>,
    stopped: bool,
}

impl Engine {
    /// Takes in what a build has left in its target directory, and notes what it has needed.
    ///
    /// # Errors
    /// If the directory is gone, or the store cannot be written.
    pub fn ingest_units(
        &self,
        site: &Site,
        seeded: Vec<(String, String, Digest)>,
        round: &Round<'_>,
    ) -> Result<Ingested, StoreError> {
        let before = FileSig::of(site.call.target())?.inode;
        let mut work = Ingest::new(self, site, seeded, round);
        let all: Vec<usize> = (0..work.found.len()).collect();
        let mut ingested = Ingested::default();
        for unit in all {
            match work.take(unit)? {
                Ok(_) => ingested.units += 1,
                Err(refused) => ingested.refused.push((refused, work.found[unit].files.name.clone())),
            }
            failpoint::reach("ingest-between-units");
        }
        ingested.cut_short = work.stopped;
        // Somebody may have begun to remove it all.
        let stands = || FileSig::of(site.call.target()).is_ok_and(|now| now.inode == before) && work.stands();
        if !work.stopped && stands() {
            work.note_lists()?;
        }
        self.looks.put(looks::key(site), work.looked);
        Ok(ingested)
    }
}

impl<'a> Ingest<'a> {
    fn new(engine: &'a Engine, site: &'a Site, seeded: Vec<(String, String, Digest)>, round: &'a Round<'a>) -> Self {
        let began = clock::wall_nanos();
        let mut looked = engine.looks.take(&looks::key(site));
        let places = site.call.places();
        let (mut last, others) = looked.units.into_iter().partition(|((place, _), _)| places.contains(place));
        looked.units = others;
        let target = site.call.target();
        let seeded: HashMap<_, _> = seeded.into_iter().map(|(place, name, id)| ((place, name), id)).collect();
        let from_store = |id: &Digest| {
            let unit = engine.store.unit_by_id(id).filter(|unit| !unit.package.is_local())?;
            Found::seeded(&engine.store, *id, unit, target)
        };
        let of_places = seeded.iter().filter(|((place, _), _)| places.contains(place));
        let mut found: Vec<Found> = of_places.filter_map(|(_, id)| from_store(id)).collect();
        let known: HashSet<_> = found.iter().map(|found| (found.place.clone(), found.files.name.clone())).collect();
        for place in places {
            let profile = target.join(&place);
            for files in layout::scan(&profile, &|name| known.contains(&(place.clone(), name.to_owned()))).1 {
                let known = last.remove(&(place.clone(), files.name.clone()));
                let Some(one) = Found::at(&place, &profile, files, known.as_ref()) else { continue };
                if let Some(known) = known.filter(|known| known.standing == one.standing) {
                    looked.units.insert((place.clone(), one.files.name.clone()), known);
                }
                found.push(one);
            }
        }
        let mut by_hash: HashMap<u64, Vec<usize>> = HashMap::new();
        found.iter().enumerate().for_each(|(n, f)| by_hash.entry(f.fingerprint.hash).or_default().push(n));
        Self {
            engine,
            site,
            found,
            by_hash,
            results: HashMap::new(),
            members: HashSet::new(),
            read: RefCell::default(),
            seeded,
            looked,
            own: looks::own(site),
            began,
            round,
            stopped: false,
        }
    }

    /// The names in the store of what was put there.
    pub(super) fn seeded(&self) -> impl Iterator<Item = &Digest> {
        self.seeded.values()
    }

    /// Every fingerprint is what it was when the work began.
    fn stands(&self) -> bool {
        let hash = |f: &Found| self.site.call.target().join(&f.place).join(&f.files.fingerprint).join(&f.fingerprint.file);
        self.found.iter().all(|found| found.standing.has_hash(&hash(found), self.began) || self.is_unchanged(found))
    }

    /// Takes in one unit after everything behind it; gives its name in the store.
    fn take(&mut self, unit: usize) -> Result<Result<(Digest, PackageId), Refused>, StoreError> {
        if let Some(known) = self.results.get(&unit) {
            return Ok(known.clone());
        }
        if let Some(seeded) = self.found[unit].seeded.clone() {
            self.results.insert(unit, Ok(seeded.clone()));
            return Ok(Ok(seeded));
        }
        // Against cycles, which cargo does not make.
        self.results.insert(unit, Err(Refused::Unclear));
        let deps: Vec<Option<usize>> = self.dependencies(unit);
        let (mut ids, mut behind) = (Vec::new(), Vec::new());
        for dep in deps {
            let taken = dep.map(|dep| self.take(dep)).transpose()?.and_then(Result::ok);
            behind.push(taken.as_ref().map(|(id, _)| *id));
            ids.extend(dep.zip(taken).map(|(dep, (id, package))| (dep, id, package)));
        }
        if let Some(taken) = self.known(unit, &behind) {
            return Ok(taken);
        }
        self.stopped = self.stopped || (self.round.stop)();
        if self.stopped {
            return Ok(Err(Refused::Unclear));
        }
        let result = if behind.contains(&None) { Err(Refused::Dependency) } else { Ok(()) };
        let package = self.package(unit, &ids).filter(|package| !package.is_local());
        if package.is_none() {
            self.members.insert(unit);
        }
        let on_members = ids.iter().any(|(_, _, package)| package.is_local());
        let taken = match (result, package) {
            // What belongs to the workspace is not lost because of what is behind it.
            (Err(_), None) => Ok(Err(Refused::Member)),
            (Err(refused), Some(_)) => Ok(Err(refused)),
            // It holds in any directory, they do not.
            (Ok(()), Some(_)) if on_members => Ok(Err(Refused::Dependency)),
            (Ok(()), package) => self.store(unit, &ids, package),
        }?;
        self.results.insert(unit, taken.clone());
        self.remember(unit, behind, &taken);
        Ok(taken)
    }

    /// What an earlier round has found out about a unit, if nothing of that can be otherwise now.
    fn known(&mut self, unit: usize, behind: &[Option<Digest>]) -> Option<Result<(Digest, PackageId), Refused>> {
        let found = &self.found[unit];
        let known = self.looked.units.get(&(found.place.clone(), found.files.name.clone()))?;
        let is_there = known.result.as_ref().map_or(true, |(id, _)| self.engine.store.has_unit(id));
        if known.deps != behind || known.own.is_some_and(|own| own != self.own) || !is_there {
            return None;
        }
        if known.own.is_some() {
            self.members.insert(unit);
        }
        self.results.insert(unit, known.result.clone());
        Some(known.result.clone())
    }

    fn remember(&mut self, unit: usize, deps: Vec<Option<Digest>>, result: &Result<(Digest, PackageId), Refused>) {
        let found = &self.found[unit];
        let own = self.is_member(unit).then_some(self.own);
        let (standing, fingerprint, result) = (found.standing, found.fingerprint.clone(), result.clone());
        let known = Known { standing, fingerprint, deps, result, own };
        let name = (found.place.clone(), found.files.name.clone());
        if known.is_settled() && standing.is_told_apart(self.began) {
            self.looked.units.insert(name, known);
        } else {
            self.looked.units.remove(&name);
        }
    }

    /// The units that a unit was built against; `None` for one that is not there any more.
    ///
    /// Cargo runs a build script twice for a crate that is needed by the program and while it is built, if their profiles are
    /// not the same, but gives both runs the same hash. Then both count, as far as they are not newer: one too many is laid
    /// out for nothing, and one too few is run again, with everything in front of it.
    pub fn dependencies(&self, unit: usize) -> Vec<Option<usize>> {
        let newest = self.found[unit].newest();
        let mut units = Vec::new();
        for (_, _, _, hash) in self.found[unit].fingerprint.said.iter().flat_map(|said| &said.deps) {
            let alike = self.by_hash.get(hash).map_or(&[][..], Vec::as_slice);
            let before = units.len();
            units.extend(alike.iter().filter(|n| self.found[**n].oldest() <= newest).map(|n| Some(*n)));
            if units.len() == before {
                units.push(alike.first().copied());
            }
        }
        units
    }

    /// The name in the store, if the unit has one. A member's is asked for by [`Ingest::is_member`].
    pub fn id(&self, unit: usize) -> Option<Digest> {
        self.results.get(&unit).and_then(|r| r.as_ref().ok()).map(|(id, _)| *id)
    }

    /// The unit may be taken in after another build, though it was not after this one.
    pub fn is_put_off(&self, unit: usize) -> bool {
        let for_good = |refused: &Refused| matches!(refused, Refused::Member | Refused::Location | Refused::Dependency);
        let settled = self.is_member(unit) || self.results.get(&unit).is_some_and(|r| r.as_ref().err().is_none_or(for_good));
        !settled || self.dependencies(unit).contains(&None)
    }

    /// It belongs to the workspace or lies beside it.
    pub fn is_member(&self, unit: usize) -> bool {
        self.members.contains(&unit)
    }

    fn store(
        &self,
        unit: usize,
        deps: &[(usize, Digest, PackageId)],
        package: Option<PackageId>,
    ) -> Result<Result<(Digest, PackageId), Refused>, StoreError> {
        if let Some(known) = self.as_seeded(unit) {
            return Ok(Ok(known));
        }
        if self.may_hold_secret(unit) {
            return Ok(Err(Refused::Secret));
        }
        let found = &self.found[unit];
        let Some(package) = package else {
            let is_stale = deps.iter().any(|(dep, ..)| found.newest() < self.found[*dep].oldest());
            return if is_stale { Ok(Err(Refused::Stale)) } else { self.take_member(unit, deps) };
        };
        let Some(said) = &found.fingerprint.said else { return Ok(Err(Refused::Unclear)) };
        let Some(role) = found.role() else { return Ok(Err(Refused::Unclear)) };
        if deps.iter().any(|(dep, ..)| found.newest() < self.found[*dep].oldest()) {
            return Ok(Err(Refused::Stale));
        }
        let target = self.site.call.target();
        let profile = target.join(&found.place);
        let here = self.surroundings(&profile);
        let told = self.told(found);
        if let Some(told) = told
            && role != Role::Run
            && self.build_outs(unit).iter().any(|build_out| here.is_tied(&found.files, &told.info, build_out))
        {
            return Ok(Err(Refused::Location));
        }
        let gathered = self.watched(found, &profile).and_then(|w| Ok((w, here.files(&self.engine.store, found, role)?)));
        let (watched, files) = match gathered {
            Ok(gathered) => gathered,
            Err(refused) => return Ok(Err(refused)),
        };
        if !here.is_complete(&found.files, role, told.map_or(&[], |t| &t.made)) || !self.is_unchanged(found) {
            return Ok(Err(Refused::Unclear));
        }
        let dirs =
            found.files.dirs.iter().filter_map(|d| d.to_str().map(str::to_owned)).collect::<std::collections::BTreeSet<_>>();
        let stored = StoredUnit {
            name: found.files.name.clone(),
            package: package.clone(),
            place: found.place.clone(),
            role,
            rustc: said.rustc,
            tools: (role == Role::Run && files.iter().any(uses_tools)).then_some(self.site.tools),
            deps: deps.iter().map(|(_, id, _)| *id).collect(),
            watched,
            dirs: dirs.into_iter().collect(),
            files,
        };
        let blobs: Vec<Digest> = stored.blobs().collect();
        let put = self.engine.store.put_unit(&self.site.call.scope, stored);
        if put.is_err() {
            self.engine.store.release(blobs);
        }
        Ok(Ok((put?, package)))
    }

    pub(super) fn surroundings<'p>(&'p self, profile: &'p Path) -> Surroundings<'p> {
        Surroundings { target: self.site.call.target(), root: Path::new(&self.site.root), profile }
    }

    /// The member that was put there from the store, if it stands there still.
    fn as_seeded(&self, unit: usize) -> Option<(Digest, PackageId)> {
        let found = &self.found[unit];
        let id = *self.seeded.get(&(found.place.clone(), found.files.name.clone()))?;
        let unit = self.engine.store.unit_by_id(&id)?;
        found::stands(&self.engine.store, &unit, self.site.call.target())?;
        Some((id, unit.package))
    }

    /// The value of a secret variable may be in it, or in what was made of it.
    fn may_hold_secret(&self, unit: usize) -> bool {
        let found = &self.found[unit];
        let declares = |said: &fingerprint::Said| said.variables.iter().any(|name| is_secret_name(name.as_bytes()));
        let is_noted = |found: &Found| {
            let stem = found.files.dep_info.as_deref().and_then(depinfo::stem);
            stem.is_some_and(|stem| self.engine.has_noted_secret(&self.site.call.target().join(&found.place).join(stem)))
        };
        let is_for = |other: &Found| {
            let deps = other.fingerprint.said.iter().flat_map(|said| &said.deps);
            deps.into_iter().any(|(.., hash)| *hash == found.fingerprint.hash)
        };
        found.fingerprint.said.as_ref().is_some_and(declares)
            || self.told(found).is_some_and(|told| secretive::reads_one(&told.info))
            || is_noted(found)
            || (found.fingerprint.kind == Kind::Run && self.found.iter().any(|other| is_for(other) && is_noted(other)))
    }

    /// A unit of the store.
    pub(super) fn stored(&self, id: &Digest) -> Option<Rc<StoredUnit>> {
        let mut read = self.read.borrow_mut();
        read.entry(*id).or_insert_with(|| self.engine.store.unit_by_id(id).map(Rc::new)).clone()
    }

    /// Cargo empties a fingerprint before it builds a unit again.
    pub(super) fn is_unchanged(&self, found: &Found) -> bool {
        let dir = self.site.call.target().join(&found.place).join(&found.files.fingerprint);
        let then = &found.fingerprint;
        // Of what the store knows only the hash was read.
        fingerprint::read(&dir).is_some_and(|now| if found.seeded.is_some() { now.hash == then.hash } else { now == **then })
    }

    /// The package of a unit that cargo has downloaded. A run has no sources of its own: it is that of its build script.
    fn package(&self, unit: usize, deps: &[(usize, Digest, PackageId)]) -> Option<PackageId> {
        let found = &self.found[unit];
        let name = found.files.package();
        if found.fingerprint.kind == Kind::Run {
            let script = deps.iter().find(|(n, _, p)| self.found[*n].fingerprint.kind == Kind::BuildScript && p.name() == name);
            return script.map(|(_, _, p)| p.clone());
        }
        if let Some(told) = self.told(found) {
            let home = Path::new(&self.site.call.cargo_home);
            return PackageId::from_source(name, told.info.files.first()?, home);
        }
        let id = self.seeded.get(&(found.place.clone(), found.files.name.clone()))?;
        self.engine.store.unit_by_id(id).map(|unit| unit.package)
    }

    /// What a unit was made from besides packages and what lies in the target directory.
    fn watched(&self, found: &Found, profile: &Path) -> Result<Vec<(String, Digest)>, Refused> {
        let apart_from = [Path::new(&self.site.call.cargo_home), self.site.call.target()];
        let (said, of_compiler) = match found.fingerprint.kind {
            Kind::Run => {
                let words = found.said().next().ok_or(Refused::Unclear)?.0;
                (std::fs::read(profile.join(words)).map_err(|_| Refused::Unclear)?, None)
            }
            _ => (Vec::new(), self.told(found)),
        };
        let files = watched::named(&said).chain(of_compiler.into_iter().flat_map(|told| told.info.files.iter().cloned()));
        watched::contents(&self.engine.store, files, &apart_from, found.newest())
    }

    /// Read once.
    fn told<'f>(&self, found: &'f Found) -> Option<&'f Told> {
        let read = || {
            let path = self.site.call.target().join(&found.place).join(found.files.dep_info.as_ref()?);
            let bytes = std::fs::read(path).ok()?;
            let text = String::from_utf8_lossy(&bytes);
            Some(Told { info: DepInfo::parse(&text), made: depinfo::targets(&text) })
        };
        found.told.get_or_init(read).as_ref()
    }

    /// What may be the `OUT_DIR` of a unit: that of the run it depends on.
    fn build_outs(&self, unit: usize) -> Vec<PathBuf> {
        let package = self.found[unit].files.package();
        let runs = self.dependencies(unit).into_iter().flatten().map(|n| &self.found[n]);
        let runs = runs.filter(|f| f.fingerprint.kind == Kind::Run && f.files.package() == package);
        let out = |run: &Found| {
            let out = run.files.dirs.iter().find(|d| d.file_name().is_some_and(|n| n == "out"))?;
            Some(self.site.call.target().join(&run.place).join(out))
        };
        runs.filter_map(out).collect()
    }
}

/// A build script that leaves files, or has something linked, may owe that to a compiler or a library outside the toolchain.
fn uses_tools(file: &UnitFile) -> bool {
    let links = |text: &[u8]| memchr::memmem::find(text, b"rustc-link-").is_some();
    file.path.contains("/out/") || matches!(&file.content, Content::Relocatable(text) if links(text))
}
