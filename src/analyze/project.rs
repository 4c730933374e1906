//! The project as its records show it: the builds that were alike, the units that a build from scratch would have, and what
//! each of them cost when it was compiled.
//!
//! Wall-clock times without waits for a processor, as far as processor time was measured. It must never invent a time: a unit that was never measured
//! counts as nothing and is counted as unmeasured.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::graph::{Edge, Graph, Node};
use crate::{
    events::{BuildRecord, Deed, KnownUnit, Need, Spent, UnitRun},
    ipc::protocol::BuildsReply,
};

/// What a build was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Check,
    Build,
    Test,
}

/// One unit of a build from scratch.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    pub known: KnownUnit,
    /// What the newest build did about it; nothing if it was in place and up to date.
    pub run: Option<UnitRun>,
}

/// What is known of a project.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Builds that were alike, the newest first.
    pub builds: Vec<BuildRecord>,
    pub units: Vec<Unit>,
    /// With the times of the fullest compile of each unit.
    pub graph: Graph,
    /// Units that were never measured.
    pub unmeasured: usize,
    place_of: HashMap<String, usize>,
}

impl Project {
    /// Of the newest build in which something was compiled, and of those like it; `None` if nothing is on record.
    pub fn of(reply: &BuildsReply) -> Option<Self> {
        let known: HashMap<&str, &KnownUnit> = reply.units.iter().map(|u| (u.id.as_str(), u)).collect();
        let is_own = |u: &&UnitRun| known.get(u.id.as_str()).is_some_and(|k| k.local);
        let sort = |b: &BuildRecord| (purpose(b, &known), profile(b, &known));
        let compiles = |b: &&BuildRecord| b.units.iter().any(|u| matches!(u.deed, Deed::Compiled(_)));
        let shown = reply.builds.iter().find(compiles).or_else(|| reply.builds.first())?;
        let wanted = sort(shown);
        let builds: Vec<BuildRecord> = reply.builds.iter().filter(|b| sort(b) == wanted).cloned().collect();
        let newest = builds.first()?;
        let mut roots: BTreeSet<&str> = newest.units.iter().map(|u| u.id.as_str()).collect();
        // Members that the newest build did not have to look at. Of two versions of the same, the newer one is meant.
        let mut seen: BTreeSet<_> = roots.iter().filter_map(|id| known.get(id)).map(|k| target(k)).collect();
        for build in builds.iter().skip(1) {
            let mut found = Vec::new();
            for run in build.units.iter().filter(is_own) {
                if let Some(unit) = known.get(run.id.as_str()).filter(|k| !seen.contains(&target(k))) {
                    roots.insert(run.id.as_str());
                    found.push(target(unit));
                }
            }
            seen.extend(found);
        }
        Some(Self::with(builds.clone(), &known, roots))
    }

    /// The units of these names and everything behind them.
    pub(super) fn with(builds: Vec<BuildRecord>, known: &HashMap<&str, &KnownUnit>, roots: BTreeSet<&str>) -> Self {
        let mut wanted: Vec<&str> = roots.into_iter().rev().collect();
        let (mut ids, mut seen): (Vec<&str>, BTreeSet<&str>) = Default::default();
        while let Some(id) = wanted.pop() {
            if let Some(unit) = known.get(id).filter(|_| seen.insert(id)) {
                ids.push(id);
                wanted.extend(unit.needs.iter().map(|n| n.id.as_str()));
            }
        }
        let mut runs: HashMap<&str, &UnitRun> = HashMap::new();
        for run in builds.first().into_iter().flat_map(|b| &b.units) {
            runs.insert(&run.id, run);
        }
        let units: Vec<Unit> = ids
            .iter()
            .filter_map(|id| Some(Unit { known: (*known.get(id)?).clone(), run: runs.get(id).map(|r| (*r).clone()) }))
            .collect();
        let place_of: HashMap<String, usize> = units.iter().enumerate().map(|(n, u)| (u.known.id.clone(), n)).collect();
        let graph = graph(&units, &place_of, |unit| Some(unit.known.most));
        let unmeasured = units.iter().filter(|u| u.known.most.wall_ms == 0 && u.known.most.rmeta_ms.is_none()).count();
        Self { builds, units, graph, unmeasured, place_of }
    }

    /// The newest build in which something was compiled.
    pub fn last_real(&self) -> Option<&BuildRecord> {
        self.builds.iter().find(|b| b.units.iter().any(|u| matches!(u.deed, Deed::Compiled(_))))
    }

    /// The times of the newest compile of each unit: what an edit costs.
    pub fn as_last_compiled(&self) -> Graph {
        graph(&self.units, &self.place_of, |unit| Some(unit.known.last))
    }

    /// One build as it went: units that it did nothing about take no time.
    pub fn as_in(&self, build: &BuildRecord) -> Graph {
        let runs: HashMap<&str, &UnitRun> = build.units.iter().map(|r| (r.id.as_str(), r)).collect();
        let spent = |unit: &Unit| {
            let run = runs.get(unit.known.id.as_str()).filter(|r| r.deed != Deed::Seeded)?;
            let compiled = run.spent.filter(|_| matches!(run.deed, Deed::Compiled(_)));
            Some(Spent { wall_ms: took_ms(run), rmeta_ms: compiled.and_then(|s| s.rmeta_ms), ..Spent::default() })
        };
        graph(&self.units, &self.place_of, spent)
    }

    /// The place of a unit.
    pub fn place(&self, id: &str) -> Option<usize> {
        self.place_of.get(id).copied()
    }

    /// The units of every package (name and version).
    pub fn packages(&self) -> BTreeMap<(String, String), BTreeSet<usize>> {
        let mut all: BTreeMap<(String, String), BTreeSet<usize>> = BTreeMap::new();
        for (n, unit) in self.units.iter().enumerate() {
            all.entry((unit.known.package.clone(), unit.known.version.clone())).or_default().insert(n);
        }
        all
    }

    /// What the newest build was for, in cargo's words.
    pub fn command(&self) -> String {
        let command = self.builds.first().map(|b| b.head.command.as_str()).filter(|c| !c.is_empty());
        format!("cargo {}", command.unwrap_or("build"))
    }

    /// The directory of the profile.
    pub fn profile(&self) -> String {
        let known: HashMap<&str, &KnownUnit> = self.units.iter().map(|u| (u.known.id.as_str(), &u.known)).collect();
        self.builds.first().map(|b| profile(b, &known)).unwrap_or_default()
    }
}

impl Unit {
    /// For people: the package, and what of it.
    pub fn label(&self) -> String {
        let KnownUnit { package, crate_name, kind, .. } = &self.known;
        match kind.as_str() {
            "run" => format!("{package} (running its build script)"),
            "build-script" => format!("{package} (compiling its build script)"),
            "lib" | "proc-macro" if package.replace('-', "_") == *crate_name => package.clone(),
            "lib" | "proc-macro" => format!("{package} (crate {crate_name})"),
            kind => format!("{package} ({kind} {crate_name})"),
        }
    }

    /// Whether it is linked, so that everything behind it has to be done.
    pub fn is_linked(&self) -> bool {
        self.known.links && !matches!(self.known.kind.as_str(), "lib" | "run")
    }
}

/// The time between start and end, in milliseconds.
pub fn took_ms(run: &UnitRun) -> u64 {
    u64::try_from((run.end - run.start) / 1_000_000).unwrap_or(0)
}

/// The time without that in which it has waited for a processor: a compiler that has used less processor time than has
/// passed was waiting, mostly for others like it. Where processor time is not known, all of it counts.
pub fn undisturbed_ms(spent: &Spent) -> u64 {
    if spent.cpu_ms > 0 { spent.wall_ms.min(spent.cpu_ms) } else { spent.wall_ms }
}

fn graph(units: &[Unit], place_of: &HashMap<String, usize>, spent: impl Fn(&Unit) -> Option<Spent>) -> Graph {
    let node = |unit: &Unit| {
        let spent = spent(unit).unwrap_or_default();
        let ms = undisturbed_ms(&spent);
        // Of what was restored only the end is known, and that of all of it.
        let ready_ms = spent.rmeta_ms.map_or(ms, |r| (r * ms).checked_div(spent.wall_ms).unwrap_or(0).min(ms));
        Node { ms, ready_ms, linked: unit.is_linked() }
    };
    let edge = |need: &Need| Some(Edge { to: *place_of.get(&need.id)?, whole: need.whole });
    let needs = units.iter().map(|u| u.known.needs.iter().filter_map(edge).collect()).collect();
    Graph::new(units.iter().map(node).collect(), needs)
}

/// What tells targets of members apart, whatever version they are.
fn target(unit: &KnownUnit) -> (String, String, String) {
    (unit.package.clone(), unit.crate_name.clone(), unit.kind.clone())
}

impl Purpose {
    /// Of a subcommand of cargo's.
    pub fn of(command: &str) -> Option<Self> {
        match command {
            "check" | "c" | "clippy" | "doc" | "d" | "fix" => Some(Self::Check),
            "test" | "t" | "bench" | "nextest" => Some(Self::Test),
            "build" | "b" | "run" | "r" | "rustc" | "install" => Some(Self::Build),
            _ => None,
        }
    }
}

fn purpose(build: &BuildRecord, known: &HashMap<&str, &KnownUnit>) -> Purpose {
    if let Some(purpose) = Purpose::of(&build.head.command) {
        return purpose;
    }
    let units = || build.units.iter().filter_map(|u| known.get(u.id.as_str()));
    if units().any(|u| u.kind == "test") {
        Purpose::Test
    } else if units().any(|u| u.kind == "lib" && !u.links) {
        Purpose::Check
    } else {
        Purpose::Build
    }
}

/// The directory of the profile that most units of a build belong to, without the target's.
fn profile(build: &BuildRecord, known: &HashMap<&str, &KnownUnit>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for unit in build.units.iter().filter_map(|u| known.get(u.id.as_str())) {
        *counts.entry(unit.place.rsplit('/').next().unwrap_or_default()).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, n)| *n).map(|(place, _)| place.to_owned()).unwrap_or_default()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::events::{BuildHead, HitKind};

    /// A unit of a package of the same name: kind, milliseconds until metadata and end, needs (`!` in front: all of it).
    pub fn unit(name: &str, kind: &str, rmeta: u64, ms: u64, needs: &[&str]) -> KnownUnit {
        let spent = Spent { wall_ms: ms, cpu_ms: ms, rmeta_ms: (rmeta < ms).then_some(rmeta), link_ms: None };
        let need = |n: &&str| Need { id: n.trim_start_matches('!').into(), whole: n.starts_with('!') };
        KnownUnit {
            id: if kind == "lib" || kind == "bin" { name.into() } else { format!("{name}:{kind}") },
            package: name.into(),
            version: "1.0.0".into(),
            crate_name: name.replace('-', "_"),
            kind: kind.into(),
            local: false,
            place: "debug".into(),
            links: true,
            needs: needs.iter().map(need).collect(),
            last: spent,
            most: spent,
            ..KnownUnit::default()
        }
    }

    pub fn compiled(unit: &KnownUnit, start_ms: i64) -> UnitRun {
        let end = start_ms + i64::try_from(unit.most.wall_ms).expect("small");
        let deed = if unit.kind == "run" { Deed::Ran } else { Deed::Compiled("first-seen".into()) };
        UnitRun { id: unit.id.clone(), start: start_ms * 1_000_000, end: end * 1_000_000, deed, spent: Some(unit.most) }
    }

    pub fn build(name: &str, units: Vec<UnitRun>) -> BuildRecord {
        BuildRecord { head: BuildHead { name: name.into(), command: "build".into(), ..BuildHead::default() }, units }
    }

    /// A library with a build script, a library on it, and a program: 10 + 500 + 80 (rmeta 30), 60 (rmeta 20), 25.
    pub fn sample() -> BuildsReply {
        let mut app = unit("app", "bin", 25, 25, &["!mid"]);
        let mut mid = unit("mid", "lib", 20, 60, &["native"]);
        (app.local, mid.local) = (true, true);
        app.most.link_ms = Some(5);
        let units = vec![
            unit("native", "build-script", 10, 10, &[]),
            unit("native", "run", 500, 500, &["!native:build-script"]),
            unit("native", "lib", 30, 80, &["!native:run"]),
            mid,
            app,
        ];
        let starts = [0, 10, 510, 540, 610];
        let runs = units.iter().zip(starts).map(|(u, at)| compiled(u, at)).collect();
        BuildsReply { builds: vec![build("first", runs)], units, targets: Vec::new(), links: None }
    }

    #[test]
    fn a_build_of_hits_knows_what_compiling_would_cost() {
        let mut reply = sample();
        let hit = |id: &str| UnitRun { id: id.into(), start: 0, end: 2_000_000, deed: Deed::Hit(HitKind::Exact), spent: None };
        // Only members are asked for; what is behind them was put in place.
        reply.builds.insert(0, build("second", vec![hit("mid"), hit("app")]));
        let project = Project::of(&reply).expect("something");
        assert_eq!((project.units.len(), project.builds.len(), project.unmeasured), (5, 2, 0));
        assert_eq!(project.graph.work(), 675);
        assert_eq!(project.graph.times().end, 10 + 500 + 30 + 60 + 25);
        assert_eq!(project.as_in(&project.builds[0]).work(), 4);
        let real = project.last_real().expect("the first");
        assert_eq!((real.head.name.as_str(), project.as_in(real).work()), ("first", 675));
    }

    #[test]
    fn waits_for_a_processor_do_not_count() {
        let mut busy = unit("busy", "lib", 600, 1_000, &[]);
        busy.most.cpu_ms = 250;
        let mut threads = unit("threads", "lib", 100, 200, &[]);
        threads.most.cpu_ms = 390;
        let mut script = unit("script", "run", 70, 70, &[]);
        script.most.cpu_ms = 0;
        let units = vec![busy, threads, script];
        let builds = vec![build("b", units.iter().map(|u| compiled(u, 0)).collect())];
        let project = Project::of(&BuildsReply { builds, units, targets: Vec::new(), links: None }).expect("something");
        let nodes = ["busy", "threads", "script:run"].map(|id| project.graph.nodes[project.place(id).expect("there")]);
        assert_eq!(nodes.map(|n| (n.ms, n.ready_ms)), [(250, 150), (200, 100), (70, 70)]);
        assert_eq!(project.as_in(&project.builds[0]).work(), 1_270, "a build as it was");
    }

    #[test]
    fn members_of_earlier_builds_count_and_old_versions_do_not() {
        let mut reply = sample();
        let mut newer = unit("mid", "lib", 20, 50, &["native"]);
        (newer.id, newer.local) = ("mid-two".into(), true);
        reply.builds.insert(0, build("edit", vec![compiled(&newer, 0)]));
        reply.units.push(newer);
        let project = Project::of(&reply).expect("something");
        let mut ids: Vec<&str> = project.units.iter().map(|u| u.known.id.as_str()).collect();
        ids.sort_unstable();
        // The program still names the old one, which was there when it was built.
        assert_eq!(ids, ["app", "mid", "mid-two", "native", "native:build-script", "native:run"]);
        let mut check = build("check", vec![]);
        check.head.command = "check".into();
        reply.builds.insert(0, check);
        assert_eq!(Project::of(&reply).expect("something").builds.len(), 2, "a check is another matter");
        assert!(Project::of(&BuildsReply::default()).is_none());
    }
}
