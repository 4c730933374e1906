//! The JSON document of `analyze --json`, schema version 1, on one line.
//!
//! ```json
//! {"schema_version":1,
//!  "project": {"name":"web", "root":"/p/web", "command":"cargo build", "profile":"debug"},
//!  "jobs": 8, "builds": 3,              // processors counted with; builds on record that were alike
//!  "scratch": {"work_ms":180000, "wall_ms":95000, "path_ms":62000, "unmeasured":0,
//!              "path":[{"id":"…","label":"ring","start_ms":0,"ms":900}]},   // a build from scratch; wall_ms is simulated
//!  "last": {"started":1700000000, "took_ms":96000, "outcomes":{"compiled":320}, "path_ms":61000, "path":[]},  // or null
//!  "slowest": ["…"],                    // ids, the slowest first
//!  "findings": [{"name":"duplicate", "title":"…", "details":["…"], "change":"…", "apply":"dependency-debug-info",
//!                "gain":{"ms":900,"basis":"simulated|recorded|at-most|share-of-recorded|measured","per_edit":false}}],
//!  "links": {"unit":"…","program":"web","measured":1700000000,  // null where no figures hold
//!            "linkers":[{"setting":"mold","version":"mold 2.34.1","median_us":90500,"min_us":89000,"max_us":93200,
//!                        "bytes":61000,"unusable":null}]},
//!  "units": [{"id":"…","label":"ring","package":"ring","version":"0.17.8","crate":"ring","kind":"lib","local":false,
//!             "outcome":"compiled","full_ms":900,"last_ms":900,"cpu_ms":850,"metadata_ms":300,"link_ms":null,
//!             "start_ms":10,"end_ms":910,"needs":["…"],"features":["std"],"critical":true}]}
//! ```
//! Keys may be added within a version, and readers must pass over those they do not know; a key that goes or changes its
//! meaning raises the version. `start_ms` and `end_ms` count from cargo's start in the newest build, and are absent for what
//! that build had nothing to do for. The finding's names are `critical-path`, `dependency`, `feature`, `duplicate`, `linking`, `linker`,
//! `dependency-debug-info`, `hot-spot`, `refusal`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Costs, Report, outcome};
use crate::events::{LinkTimes, LinkerTime};

/// The version of everything in this file.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub schema_version: u32,
    pub project: Project,
    pub jobs: usize,
    pub builds: usize,
    pub scratch: Scratch,
    pub last: Option<Last>,
    pub slowest: Vec<String>,
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub links: Option<Links>,
    pub units: Vec<Unit>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    pub name: String,
    pub root: String,
    pub command: String,
    pub profile: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scratch {
    pub work_ms: u64,
    pub wall_ms: u64,
    pub path_ms: u64,
    pub unmeasured: usize,
    pub path: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    pub started: i64,
    pub took_ms: u64,
    pub outcomes: BTreeMap<String, u64>,
    pub path_ms: u64,
    pub path: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub id: String,
    pub label: String,
    pub start_ms: u64,
    pub ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub name: String,
    pub title: String,
    pub details: Vec<String>,
    pub change: String,
    pub gain: Option<Gain>,
    pub apply: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gain {
    pub ms: u64,
    pub basis: String,
    pub per_edit: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Links {
    pub unit: String,
    pub program: String,
    pub measured: u64,
    pub linkers: Vec<Linker>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linker {
    pub setting: String,
    pub version: String,
    pub median_us: u64,
    pub min_us: u64,
    pub max_us: u64,
    pub bytes: u64,
    pub unusable: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    pub id: String,
    pub label: String,
    pub package: String,
    pub version: String,
    #[serde(rename = "crate")]
    pub crate_name: String,
    pub kind: String,
    pub local: bool,
    pub outcome: String,
    pub full_ms: u64,
    pub last_ms: u64,
    pub cpu_ms: u64,
    pub metadata_ms: Option<u64>,
    pub link_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u64>,
    pub needs: Vec<String>,
    pub features: Vec<String>,
    pub critical: bool,
}

impl Document {
    /// Everything that was found.
    pub fn new(report: &Report) -> Self {
        let project = &report.input.project;
        let last = report.last.as_ref().map(|last| {
            let mut outcomes: BTreeMap<String, u64> = BTreeMap::new();
            for run in &last.build.units {
                *outcomes.entry(super::word(Some(&run.deed)).to_owned()).or_default() += 1;
            }
            Last {
                started: last.build.head.started / 1_000_000_000,
                took_ms: last.wall_ms,
                outcomes,
                path_ms: last.costs.path_ms,
                path: steps(report, &last.costs),
            }
        });
        Self {
            schema_version: SCHEMA_VERSION,
            project: Project {
                name: report.name(),
                root: report.input.root.display().to_string(),
                command: project.command(),
                profile: project.profile(),
            },
            jobs: report.input.jobs,
            builds: project.builds.len(),
            scratch: Scratch {
                work_ms: report.scratch.work_ms,
                wall_ms: report.scratch.wall_ms,
                path_ms: report.scratch.path_ms,
                unmeasured: project.unmeasured,
                path: steps(report, &report.scratch),
            },
            last,
            slowest: report.slowest.iter().map(|n| project.units[*n].known.id.clone()).collect(),
            findings: report.findings.iter().map(finding).collect(),
            links: match &report.input.links {
                super::linkers::Links::Measured(times) => Some(links(times)),
                _ => None,
            },
            units: (0..project.units.len()).map(|n| unit(report, n)).collect(),
        }
    }
}

fn steps(report: &Report, costs: &Costs) -> Vec<Step> {
    let units = &report.input.project.units;
    let step = |s: &super::graph::Step| Step {
        id: units[s.unit].known.id.clone(),
        label: units[s.unit].label(),
        start_ms: s.start,
        ms: s.ms,
    };
    costs.path.iter().map(step).collect()
}

fn finding(finding: &super::Finding) -> Finding {
    Finding {
        name: finding.name.into(),
        title: finding.title.clone(),
        details: finding.details.clone(),
        change: finding.change.clone(),
        gain: finding.gain.map(|g| Gain { ms: g.ms, basis: g.basis.name().into(), per_edit: g.per_edit }),
        apply: finding.apply.map(Into::into),
    }
}

fn links(times: &LinkTimes) -> Links {
    let linker = |l: &LinkerTime| Linker {
        setting: l.setting.clone(),
        version: l.version.clone(),
        median_us: l.median_us,
        min_us: l.min_us,
        max_us: l.max_us,
        bytes: l.bytes,
        unusable: l.unusable.clone(),
    };
    Links {
        unit: times.unit.clone(),
        program: times.program.clone(),
        measured: times.at,
        linkers: times.linkers.iter().map(linker).collect(),
    }
}

fn unit(report: &Report, n: usize) -> Unit {
    let project = &report.input.project;
    let unit = &project.units[n];
    let known = unit.known.clone();
    let began = project.builds.first().map_or(0, |b| b.head.started);
    let since = |at: i64| u64::try_from((at - began) / 1_000_000).unwrap_or(0);
    Unit {
        label: unit.label(),
        outcome: outcome(unit).into(),
        start_ms: unit.run.as_ref().map(|r| since(r.start)),
        end_ms: unit.run.as_ref().map(|r| since(r.end)),
        critical: report.is_critical(n),
        id: known.id,
        package: known.package,
        version: known.version,
        crate_name: known.crate_name,
        kind: known.kind,
        local: known.local,
        full_ms: known.most.wall_ms,
        last_ms: known.last.wall_ms,
        cpu_ms: known.most.cpu_ms,
        metadata_ms: known.most.rmeta_ms,
        link_ms: known.last.link_ms,
        needs: known.needs.into_iter().map(|need| need.id).collect(),
        features: known.features,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::tests::report;

    #[test]
    fn the_document_says_what_the_report_does_and_reads_back() {
        let report = report();
        let text = serde_json::to_string(&Document::new(&report)).expect("encodes");
        let document: Document = serde_json::from_str(&text).expect("decodes");
        assert_eq!(document, Document::new(&report));
        assert_eq!((document.schema_version, document.units.len(), document.builds), (1, 5, 1));
        assert_eq!((document.scratch.work_ms, document.scratch.path_ms), (675, 625));
        assert_eq!(document.slowest.first().map(String::as_str), Some("native:run"));
        let last = document.last.expect("a build");
        assert_eq!((last.took_ms, last.outcomes["compiled"], last.outcomes["build script run"]), (635, 4, 1));
    }

    /// What was written by this version once must be readable for ever.
    #[test]
    fn an_old_document_is_still_read() {
        let old = r#"{"schema_version":1,"project":{"name":"w","root":"/w","command":"cargo build","profile":"debug"},
            "jobs":2,"builds":1,"scratch":{"work_ms":1,"wall_ms":1,"path_ms":1,"unmeasured":0,
            "path":[{"id":"a","label":"a","start_ms":0,"ms":1}]},"last":null,"slowest":["a"],
            "findings":[{"name":"linking","title":"t","details":[],"change":"c","gain":{"ms":1,"basis":"at-most","per_edit":true},
            "apply":null}],"units":[{"id":"a","label":"a","package":"a","version":"1.0.0","crate":"a","kind":"lib","local":true,
            "outcome":"fresh","full_ms":1,"last_ms":1,"cpu_ms":1,"metadata_ms":null,"link_ms":null,"needs":[],"features":[],
            "critical":true}]}"#;
        let document: Document = serde_json::from_str(old).expect("readable");
        assert_eq!((document.units[0].start_ms, document.findings[0].gain.as_ref().map(|g| g.ms)), (None, Some(1)));
    }
}
