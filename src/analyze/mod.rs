//! Layer 18: what builds cost and what would make them cheaper, told from recorded times.
//!
//! It must never build anything, change a file, or print: it is given texts and records and answers with a [`Report`], which
//! others show or apply. Every gain says how it was found ([`Basis`]); what was not measured is said to be unknown.

pub mod features;
pub mod findings;
pub mod graph;
pub mod html;
pub mod json;
pub mod left;
pub mod linkers;
pub mod project;
pub mod remedy;
pub mod schedule;

use std::path::PathBuf;

use crate::{
    cargo::{lockfile::Locked, metadata::Metadata},
    config::Linker,
    events::{BuildRecord, Deed},
};

use graph::{Graph, Step};
use linkers::Links;
use project::{Project, Unit};

/// Everything that an analysis looks at.
pub struct Input {
    pub project: Project,
    /// The workspace's directory.
    pub root: PathBuf,
    pub locked: Vec<Locked>,
    /// Nothing where cargo could not tell without a network.
    pub metadata: Option<Metadata>,
    /// The workspace's manifest.
    pub manifest: String,
    /// The level of debug information that the environment asks for, whatever the manifest says.
    pub debug_by_environment: bool,
    /// Whom the user has named to link.
    pub linker: Linker,
    /// Linkers that are installed and that we would use, the one that we would take first.
    pub linkers: Vec<&'static str>,
    /// What a link takes with each of them.
    pub links: Links,
    /// How many compilers run at once.
    pub jobs: usize,
    /// How many findings of a kind are wanted.
    pub most: usize,
}

/// What was found.
pub struct Report {
    pub input: Input,
    /// A build from scratch.
    pub scratch: Costs,
    /// The last build in which something was compiled, as it went.
    pub last: Option<Last>,
    /// Units with the longest compile first.
    pub slowest: Vec<usize>,
    /// Those with the largest gain first.
    pub findings: Vec<Finding>,
}

/// What a set of units costs.
pub struct Costs {
    /// All units one after the other, in milliseconds.
    pub work_ms: u64,
    /// With the processors that there are; simulated.
    pub wall_ms: u64,
    /// With any number of processors.
    pub path_ms: u64,
    pub path: Vec<Step>,
}

/// A build that was.
pub struct Last {
    pub build: BuildRecord,
    /// From cargo's start to the end of the last unit, in milliseconds.
    pub wall_ms: u64,
    pub costs: Costs,
}

/// Something that could be better.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// Of a closed set, for `--json`.
    pub name: &'static str,
    pub title: String,
    pub details: Vec<String>,
    /// What to do about it.
    pub change: String,
    pub gain: Option<Gain>,
    /// The name for `--apply`.
    pub apply: Option<&'static str>,
}

/// What a change is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gain {
    pub ms: u64,
    pub basis: Basis,
    /// Per edit, not per build from scratch.
    pub per_edit: bool,
}

/// How a gain was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// A build from recorded times, with and without it.
    Simulated,
    /// A sum of recorded times.
    Recorded,
    /// A sum of recorded times that cannot go all.
    AtMost,
    /// Recorded times and a share that was measured on another project.
    Share,
    /// The same was done with it and without it, and both were timed.
    Measured,
}

impl Basis {
    /// The name in `--json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Recorded => "recorded",
            Self::AtMost => "at-most",
            Self::Share => "share-of-recorded",
            Self::Measured => "measured",
        }
    }

    /// For people.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Simulated => "simulated from recorded times",
            Self::Recorded => "recorded",
            Self::AtMost => "recorded; not all of it can go",
            Self::Share => "recorded times and a share measured elsewhere",
            Self::Measured => "measured",
        }
    }
}

impl Costs {
    fn of(graph: &Graph, jobs: usize) -> Self {
        let path = graph.critical_path();
        Self { work_ms: graph.work(), wall_ms: schedule::makespan(graph, jobs), path_ms: graph.times().end, path }
    }
}

impl Report {
    /// Looks at everything.
    pub fn of(input: Input) -> Self {
        let project = &input.project;
        let mut slowest: Vec<usize> = (0..project.units.len()).filter(|n| project.graph.nodes[*n].ms > 0).collect();
        slowest.sort_by_key(|n| std::cmp::Reverse(project.graph.nodes[*n].ms));
        let scratch = Costs::of(&project.graph, input.jobs);
        let last = project.last_real().map(|build| {
            let end = build.units.iter().map(|u| u.end).max().unwrap_or(build.head.started);
            let wall_ms = u64::try_from((end - build.head.started) / 1_000_000).unwrap_or(0);
            Last { wall_ms, costs: Costs::of(&project.as_in(build), input.jobs), build: build.clone() }
        });
        let mut findings = findings::all(&input, &scratch);
        findings.sort_by_key(|f| std::cmp::Reverse(f.gain.map_or(0, |g| g.ms)));
        Self { scratch, last, slowest, findings, input }
    }

    /// What a unit costs in a build from scratch.
    pub fn scratch_ms(&self, unit: usize) -> u64 {
        self.input.project.graph.nodes[unit].ms
    }

    /// The units on the critical path of a build from scratch.
    pub fn is_critical(&self, unit: usize) -> bool {
        self.scratch.path.iter().any(|step| step.unit == unit)
    }

    /// The name of the project's directory.
    pub fn name(&self) -> String {
        self.input.root.file_name().map_or_else(|| "project".into(), |n| n.to_string_lossy().into_owned())
    }
}

/// What became of a unit in the newest build, in a word or two.
pub fn outcome(unit: &Unit) -> &'static str {
    word(unit.run.as_ref().map(|run| &run.deed))
}

fn word(deed: Option<&Deed>) -> &'static str {
    match deed {
        None => "fresh",
        Some(Deed::Compiled(_)) => "compiled",
        Some(Deed::Failed) => "failed",
        Some(Deed::Hit(_)) => "restored",
        Some(Deed::Bypassed(_)) => "not cached",
        Some(Deed::Ran) => "build script run",
        Some(Deed::Seeded) => "seeded",
    }
}

#[cfg(test)]
pub mod tests {
    use super::{project::tests::sample, *};

    /// Of the sample project, with two processors.
    pub fn input() -> Input {
        Input {
            project: Project::of(&sample()).expect("something"),
            root: "/p/sample".into(),
            locked: Vec::new(),
            metadata: None,
            manifest: "[package]\nname = \"app\"\n".into(),
            debug_by_environment: false,
            linker: Linker::System,
            linkers: Vec::new(),
            links: Links::default(),
            jobs: 2,
            most: 3,
        }
    }

    pub fn report() -> Report {
        Report::of(input())
    }

    #[test]
    fn the_whole_build_and_the_last_one() {
        let report = report();
        assert_eq!((report.scratch.work_ms, report.scratch.wall_ms, report.scratch.path_ms), (675, 625, 625));
        let last = report.last.as_ref().expect("one");
        assert_eq!((last.wall_ms, last.costs.path_ms), (635, 625));
        assert_eq!(report.slowest.iter().map(|n| report.scratch_ms(*n)).collect::<Vec<_>>(), [500, 80, 60, 25, 10]);
        assert_eq!(report.name(), "sample");
    }
}
