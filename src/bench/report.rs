//! What was measured, as it is exported: schema version 1.
//!
//! Every measurement is in it; whatever is summed up can be computed again. Keys may be added within a version.

use serde::{Deserialize, Serialize};

use super::{
    machine::Machine,
    scenario::Scenario,
    statistics::{Ratio, Summary},
    tool::Tool,
};

/// The version of everything in this file.
pub const SCHEMA_VERSION: u32 = 1;

/// All figures of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub schema_version: u32,
    pub project: String,
    /// Words for cargo.
    pub command: String,
    /// Packages, build scripts and programs that a clean build makes.
    pub units: u64,
    pub iterations: u32,
    pub warmup: u32,
    pub tools: Vec<ToolReport>,
    /// What was edited, if anything.
    pub edited: Option<Edited>,
    pub machine: Machine,
    pub cells: Vec<Cell>,
    /// Why figures may say little.
    pub warnings: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolReport {
    pub tool: Tool,
    pub version: String,
}

/// The function that was edited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    pub package: String,
    pub file: String,
    pub function: String,
    /// Members that need the package.
    pub dependents: usize,
}

/// One tool in one scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    pub scenario: Scenario,
    pub tool: Tool,
    pub samples: Vec<Sample>,
    pub wall: Option<Summary>,
    pub cpu: Option<Summary>,
    /// How many times faster than plain cargo in the same scenario.
    pub faster: Option<Ratio>,
    /// The figure does not mean what the scenario says, for this reason.
    pub invalid: Option<String>,
    /// What the cache has said of the last build.
    pub note: Option<String>,
}

/// One build.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// Seconds.
    pub wall: f64,
    /// Seconds of all processors.
    pub cpu: f64,
    /// How often a compiler was started, by whomever.
    pub compilers: Option<u64>,
}

impl Report {
    /// The cell of a tool in a scenario.
    pub fn cell(&self, scenario: Scenario, tool: Tool) -> Option<&Cell> {
        self.cells.iter().find(|c| c.scenario == scenario && c.tool == tool)
    }

    /// The scenarios that were measured, in order.
    pub fn scenarios(&self) -> Vec<Scenario> {
        Scenario::ALL.into_iter().filter(|s| self.cells.iter().any(|c| c.scenario == *s)).collect()
    }

    /// Sums up all samples, compares with plain cargo, and warns of what lies far off.
    pub fn sum_up(&mut self) {
        for cell in &mut self.cells {
            let of = |what: fn(&Sample) -> f64| Summary::of(&cell.samples.iter().map(what).collect::<Vec<_>>());
            (cell.wall, cell.cpu) = (of(|s| s.wall), of(|s| s.cpu));
        }
        let plain: Vec<_> = self.cells.iter().filter(|c| c.tool == Tool::Plain).map(|c| (c.scenario, c.wall)).collect();
        for cell in self.cells.iter_mut().filter(|c| c.tool != Tool::Plain) {
            let whole = plain.iter().find(|(scenario, _)| *scenario == cell.scenario).and_then(|(_, wall)| *wall);
            cell.faster = cell.wall.zip(whole).and_then(|(own, whole)| own.times_in(&whole));
        }
        let far_off = self.cells.iter().filter_map(|c| Some((c, c.wall?.outliers))).filter(|(_, n)| *n > 0);
        let said: Vec<String> = far_off
            .map(|(c, n)| {
                format!("{}, {}: {n} of {} lie far off the median", c.scenario.title(), c.tool.title(), c.samples.len())
            })
            .collect();
        self.warnings.extend(self.machine.warnings());
        self.warnings.extend(said);
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Two tools in two scenarios.
    pub fn small() -> Report {
        let cell = |scenario, tool, walls: &[f64]| Cell {
            scenario,
            tool,
            samples: walls.iter().map(|w| Sample { wall: *w, cpu: w * 2.0, compilers: Some(3) }).collect(),
            wall: None,
            cpu: None,
            faster: None,
            invalid: None,
            note: None,
        };
        let mut late = cell(Scenario::Other, Tool::Hyperopt, &[0.5, 0.5]);
        late.note = Some("3 restored".into());
        let mut report = Report {
            schema_version: SCHEMA_VERSION,
            project: "app".into(),
            command: "build".into(),
            units: 3,
            iterations: 2,
            warmup: 0,
            tools: [Tool::Plain, Tool::Hyperopt].map(|tool| ToolReport { tool, version: format!("{} 1", tool.name()) }).into(),
            edited: Some(Edited { package: "base".into(), file: "base/src/lib.rs".into(), function: "f".into(), dependents: 1 }),
            machine: Machine { processors: 2, rustc: "rustc 1".into(), ..Machine::default() },
            cells: vec![
                cell(Scenario::Cold, Tool::Plain, &[10.0, 12.0]),
                cell(Scenario::Cold, Tool::Hyperopt, &[11.0]),
                cell(Scenario::Other, Tool::Plain, &[10.0, 10.1, 9.9, 10.0, 20.0]),
                late,
            ],
            warnings: Vec::new(),
        };
        report.sum_up();
        report
    }

    #[test]
    fn cells_are_summed_up_and_compared_with_plain_cargo() {
        let report = small();
        let cold = report.cell(Scenario::Cold, Tool::Hyperopt).expect("there");
        assert_eq!(
            (cold.faster, report.scenarios()),
            (Some(Ratio { value: 1.0, spread: None }), vec![Scenario::Cold, Scenario::Other])
        );
        let other = report.cell(Scenario::Other, Tool::Hyperopt).expect("there");
        assert!(other.faster.is_some_and(|f| (f.value - 24.0).abs() < 1e-9 && f.spread.is_some()), "{other:?}");
        assert_eq!(report.warnings, ["another directory, plain cargo: 1 of 5 lie far off the median"]);
    }

    #[test]
    fn it_survives_json() {
        let text = serde_json::to_string(&small()).expect("encodes");
        assert_eq!(serde_json::from_str::<Report>(&text).expect("decodes"), small());
    }
}
