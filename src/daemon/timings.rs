//! Puts down when each unit of a build was made, what it needs and what it cost, for whoever analyses the build later.
//!
//! It must never be waited for, nor change what a wrapper is told. What cannot be found out is left out.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Mutex,
};

use super::told::Who;
use crate::{
    artifact::spool,
    base::{
        clock::{self, Nanos},
        env::names,
        fs::FileSig,
        sync::lock,
    },
    cargo::{caller::Caller, layout},
    engine::{
        Found, Prepared,
        plan::{Compiled, Linked},
    },
    events::{BuildHead, Deed, HitKind, KnownUnit, Need, Outcome, Spent, UnitRun},
    ipc::protocol::BuildsReply,
    rustc::WhyNot,
    store::Store,
};

const MILLI: Nanos = 1_000_000;
/// Build scripts and runs that are remembered.
const MOST: usize = 4_096;

/// When a lookup came, and from which cargo.
#[derive(Default)]
pub struct Beginning {
    at: Nanos,
    caller: Option<Caller>,
}

impl Beginning {
    /// Now. The wrapper waits for its answer, so it is still there to be asked about.
    pub fn of(wrapper: Option<u32>) -> Self {
        Self { at: clock::wall_nanos(), caller: wrapper.and_then(Caller::above) }
    }
}

/// A unit and where it belongs.
pub struct Noted {
    pub target: PathBuf,
    /// The workspace's directory, if the unit is one of its members.
    pub root: Option<PathBuf>,
    pub unit: KnownUnit,
}

/// What is known besides what the store knows.
#[derive(Default)]
pub struct Timings {
    /// The newest build script of each package, by target directory, name and version.
    scripts: Mutex<HashMap<(PathBuf, String, String), String>>,
    /// When the runs began that were put down already.
    runs: Mutex<HashMap<String, Nanos>>,
}

impl Timings {
    /// A result was put in place.
    pub fn restored(&self, store: &Store, prepared: &Prepared, began: &Beginning, found: &Found) {
        let cost = found.manifest.cost;
        let spent = Spent { wall_ms: cost.wall_ms, cpu_ms: cost.cpu_ms, ..Spent::default() };
        self.note(store, prepared, began, (began.at, clock::wall_nanos()), Deed::Hit(found.kind), Some(spent));
    }

    /// A compiler, or a linker alone, has ended successfully.
    pub fn compiled(&self, store: &Store, prepared: &Prepared, began: &Beginning, result: &Compiled, outcome: &Outcome) {
        let spent = Spent { wall_ms: result.wall_ms, cpu_ms: result.cpu_ms, rmeta_ms: result.rmeta_ms, link_ms: None };
        let (spent, took_ms) = match &result.linked {
            Linked::Plainly => (spent, result.wall_ms),
            Linked::Recorded(dir) => (Spent { link_ms: spool::took(Path::new(dir)), ..spent }, result.wall_ms),
            Linked::Again { took_ms } => (Spent { link_ms: Some(*took_ms), ..spent }, *took_ms),
        };
        let deed = match outcome {
            Outcome::Miss { reason, .. } => Deed::Compiled(reason.name()),
            _ => Deed::Hit(HitKind::Relinked),
        };
        self.note(store, prepared, began, (result.started, later(result.started, took_ms)), deed, Some(spent));
    }

    /// A compiler has ended without success.
    pub fn failed(&self, store: &Store, prepared: &Prepared, began: &Beginning, compile_ms: u64) {
        let now = clock::wall_nanos();
        let start = now.saturating_sub(later(0, compile_ms)).max(began.at);
        self.note(store, prepared, began, (start, now), Deed::Failed, None);
    }

    /// A compiler was started without a look into the cache.
    pub fn bypassed(&self, store: &Store, who: &Who, began: &Beginning, why: &WhyNot) {
        if matches!(why, WhyNot::NotACompile | WhyNot::Disabled) {
            return;
        }
        if let Some((head, noted)) = who.unit.as_ref().and_then(|noted| Some((head(&who.session, noted, began)?, noted))) {
            let run = UnitRun {
                id: noted.unit.id.clone(),
                start: began.at,
                end: began.at,
                deed: Deed::Bypassed(why.clone()),
                spent: None,
            };
            store.note_timing(&head, run, Some(noted.unit.clone()), false);
        }
    }

    /// Units were put in place before cargo began. How many milliseconds were spared: what each of them has last taken; those of which
    /// that is not on record count as nothing.
    pub fn seeded(&self, store: &Store, build: &str, target: &Path, units: &[String], took_ms: u64) -> u64 {
        let ids: Vec<String> = units.iter().map(|name| layout::unit_of_file(Path::new(name))).collect();
        let spared = ids.iter().filter_map(|id| store.known_unit(id)).map(|unit| unit.last.wall_ms).sum();
        if build.is_empty() || build.starts_with(names::IN_BACKGROUND) {
            return spared;
        }
        let end = clock::wall_nanos();
        let start = end.saturating_sub(later(0, took_ms));
        let head = BuildHead { started: start, ..BuildHead::now(build, target) };
        for id in ids {
            store.note_timing(&head, UnitRun { id, start, end, deed: Deed::Seeded, spent: None }, None, false);
        }
        spared
    }

    /// The builds in a target directory, with everything that is remembered of their units and those behind them.
    pub fn builds(&self, store: &Store, target: &Path) -> BuildsReply {
        let builds = store.builds(target);
        let mut wanted: Vec<String> = builds.iter().flat_map(|b| &b.units).map(|u| u.id.clone()).collect();
        let (mut seen, mut units) = (HashSet::new(), Vec::new());
        while let Some(id) = wanted.pop() {
            if seen.insert(id.clone())
                && let Some(unit) = store.known_unit(&id)
            {
                wanted.extend(unit.needs.iter().map(|need| need.id.clone()));
                units.push(unit);
            }
        }
        BuildsReply { builds, units, targets: store.timed_targets(), links: store.link_times(target) }
    }

    fn note(
        &self,
        store: &Store,
        prepared: &Prepared,
        began: &Beginning,
        (start, end): (Nanos, Nanos),
        deed: Deed,
        spent: Option<Spent>,
    ) {
        let Some(noted) = Noted::of(prepared) else { return };
        let Some(head) = head(&prepared.session, &noted, began) else { return };
        self.note_run(store, prepared, &noted, &head);
        let unit = noted.unit;
        if unit.kind == "build-script" {
            let mut scripts = lock(&self.scripts);
            if scripts.len() > MOST {
                scripts.clear();
            }
            scripts.insert((noted.target, unit.package.clone(), unit.version.clone()), unit.id.clone());
        }
        let measured = matches!(deed, Deed::Compiled(_));
        store.note_timing(&head, UnitRun { id: unit.id.clone(), start, end, deed, spent }, Some(unit), measured);
    }

    /// The run of a build script whose output the unit reads, if it was in this build and is not put down yet.
    ///
    /// Cargo writes `invoked.timestamp` before it starts the script and `root-output` when that has ended (source:
    /// `core/compiler/custom_build.rs`); what the script has said bears the time of the beginning.
    fn note_run(&self, store: &Store, prepared: &Prepared, noted: &Noted, head: &BuildHead) {
        let Some((dir, id)) = run_of(prepared, &noted.target) else { return };
        let files = [dir.clone(), dir.join("run")];
        let time = |name: &str| files.iter().find_map(|d| FileSig::of(&d.join(name)).ok()).map(|sig| sig.mtime);
        let (Some(start), Some(end)) = (time("invoked.timestamp"), time("root-output")) else { return };
        if start < head.started || end < start || lock(&self.runs).get(&id) == Some(&start) {
            return;
        }
        let of = &noted.unit;
        let key = (noted.target.clone(), of.package.clone(), of.version.clone());
        let script = lock(&self.scripts).get(&key).cloned();
        let earlier = || store.known_unit(&id).map(|unit| unit.needs).unwrap_or_default();
        let needs = script.map_or_else(earlier, |id| vec![Need { id, whole: true }]);
        let unit = KnownUnit {
            id: id.clone(),
            kind: "run".into(),
            crate_name: "build_script_build".into(),
            features: Vec::new(),
            needs,
            ..of.clone()
        };
        let wall_ms = u64::try_from((end - start) / MILLI).unwrap_or(0);
        let spent = Some(Spent { wall_ms, ..Spent::default() });
        store.note_timing(head, UnitRun { id: id.clone(), start, end, deed: Deed::Ran, spent }, Some(unit), true);
        let mut runs = lock(&self.runs);
        if runs.len() > MOST {
            runs.clear();
        }
        runs.insert(id, start);
    }
}

impl Noted {
    /// What a compile says of itself; nothing if it goes where cargo would not put it.
    pub fn of(prepared: &Prepared) -> Option<Self> {
        let inv = &prepared.inv;
        let (target, place) = layout::above(&prepared.places.out_dir, inv.target.as_deref())?;
        let needs = inv
            .externs
            .iter()
            .filter_map(|e| e.path.as_deref())
            .map(|file| Need { id: layout::unit_of_file(file), whole: file.extension().is_none_or(|e| e != "rmeta") });
        let run = run_of(prepared, &target).map(|(_, id)| Need { id, whole: true });
        let text = |name: &str| prepared.env.get(name).map(|v| v.to_string_lossy().into_owned());
        let unit = KnownUnit {
            id: layout::unit_of_file(Path::new(&format!("{}{}", inv.crate_name, inv.extra_filename))),
            package: text("CARGO_PKG_NAME").unwrap_or_else(|| inv.crate_name.clone()),
            version: text("CARGO_PKG_VERSION").unwrap_or_default(),
            crate_name: inv.crate_name.clone(),
            kind: inv.kind().to_owned(),
            local: prepared.is_local(),
            place,
            links: inv.links,
            features: inv.features().map(str::to_owned).collect(),
            needs: needs.chain(run).collect(),
            at: clock::wall_secs(),
            ..KnownUnit::default()
        };
        let root = prepared.is_member().then(|| prepared.places.cwd.clone());
        Some(Self { target, root, unit })
    }
}

/// The run of a build script that a compile depends on. A variable of this name may also come from somewhere else: cargo
/// sets it for packages with a build script alone.
fn run_of(prepared: &Prepared, target: &Path) -> Option<(PathBuf, String)> {
    layout::run_of(prepared.places.build_out.as_deref().filter(|dir| dir.starts_with(target))?)
}

/// The build that a unit belongs to; nothing for builds that nobody waits for, and for those that cannot be told apart.
fn head(session: &str, noted: &Noted, began: &Beginning) -> Option<BuildHead> {
    if session.starts_with(names::IN_BACKGROUND) {
        return None;
    }
    let caller = began.caller.as_ref();
    let name = if session.is_empty() { caller?.name() } else { session.to_owned() };
    let head = BuildHead::now(&name, &noted.target);
    Some(BuildHead {
        root: noted.root.clone().unwrap_or_default().into_os_string(),
        command: caller.map(|c| c.command.clone()).unwrap_or_default(),
        started: caller.map_or(began.at, |c| c.started),
        ..head
    })
}

fn later(start: Nanos, millis: u64) -> Nanos {
    start.saturating_add(Nanos::try_from(millis).unwrap_or(Nanos::MAX / MILLI).saturating_mul(MILLI))
}
