//! The rounds: in each, every tool has its turn, and does all scenarios in order; each round begins with another tool.
//!
//! ```text
//! scratch/source        the copy that all others are made of       scratch/<tool>/store   what the tool knows
//! scratch/<tool>/a      built with an empty cache, stays           scratch/<tool>/b-<n>   a path where nothing ever was
//! scratch/logs          what cargo has said                        scratch/trial          built before the clock runs
//! ```
//!
//! A tool that fails gets no figure, and the others go on. A turn ends with everything that the tool runs in the background.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

use super::{
    counter::Counter,
    edit::Edits,
    error::BenchError,
    prepare::{Prepared, last_lines},
    report::{Cell, Sample},
    run::{Measured, Stop, run},
    scenario::Scenario,
    tool::{Programs, Tool, hyperopt_store},
    tree,
    valid::{Cost, Counted, Evidence, fault},
};
use crate::{
    base::{clock::Stopwatch, fs::at},
    cargo::sources,
    events::Totals,
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
    ui::{Printer, progress::Progress},
};

/// The verb of lines that tell how far it is.
pub const VERB: &str = "Measuring";

/// Everything that rounds need.
pub struct Rounds<'a> {
    pub programs: &'a Programs,
    pub prepared: &'a Prepared,
    pub scratch: &'a Path,
    pub words: &'a [OsString],
    pub tools: &'a [Tool],
    pub scenarios: &'a [Scenario],
    /// Of which nothing is kept, and those that count.
    pub warmup: u32,
    pub iterations: u32,
    pub counter: Option<&'a Counter>,
    pub stop: Stop<'a>,
    pub printer: &'a mut Printer,
    pub progress: &'a mut Progress,
    /// Of our own store, at the last look.
    pub counted_before: Totals,
    /// Builds so far.
    pub done: u64,
}

/// Where a tool builds in its turn.
struct Turn {
    tool: Tool,
    round: u32,
    keep: bool,
    store: PathBuf,
    a: PathBuf,
    b: PathBuf,
    edits: Edits,
    edit: u32,
}

impl Rounds<'_> {
    /// Measures everything.
    ///
    /// # Errors
    /// If the user wants an end, or copies cannot be made.
    pub fn run(&mut self) -> Result<Vec<Cell>, BenchError> {
        let order = self.scenarios.iter().flat_map(|s| self.tools.iter().map(|t| (*s, *t)));
        let mut cells: Vec<Cell> = order
            .map(|(scenario, tool)| Cell {
                scenario,
                tool,
                samples: Vec::new(),
                wall: None,
                cpu: None,
                faster: None,
                invalid: None,
                note: None,
            })
            .collect();
        let mut cold = vec![None; self.tools.len()];
        for round in 0..self.warmup + self.iterations {
            for n in 0..self.tools.len() {
                let at = (n + round as usize) % self.tools.len();
                let turn = self.turn(self.tools[at], round);
                let result = self.take(turn, &mut cells, &mut cold[at]);
                tree::end();
                result?;
            }
        }
        self.progress.end(self.printer);
        Ok(cells)
    }

    fn turn(&self, tool: Tool, round: u32) -> Turn {
        let dir = self.scratch.join(tool.name());
        Turn {
            tool,
            round,
            keep: round >= self.warmup,
            store: dir.join("store"),
            a: dir.join("a"),
            b: dir.join(format!("b-{round:03}")),
            edits: Edits::default(),
            // No store has ever seen an edit that is made; those of six digits are all equally long.
            edit: 100_000 + (round + 1) * 10,
        }
    }

    /// Builds of a tool in a round.
    fn steps(&self) -> usize {
        let needed = |s: Scenario| match s {
            Scenario::Cold => true,
            Scenario::Other => self.scenarios.iter().any(|s| s.is_elsewhere()),
            Scenario::FirstEdit => self.edits(),
            _ => false,
        };
        Scenario::ALL.into_iter().filter(|s| self.wants(*s) || needed(*s)).count()
    }

    fn edits(&self) -> bool {
        self.scenarios.iter().any(|s| s.edit().is_some())
    }

    fn wants(&self, scenario: Scenario) -> bool {
        self.scenarios.contains(&scenario)
    }

    /// All that one tool does in a round.
    fn take(&mut self, mut turn: Turn, cells: &mut [Cell], cold: &mut Option<Cost>) -> Result<(), BenchError> {
        let (round, total) = (turn.round + 1, self.warmup + self.iterations);
        let what = format!("round {round} of {total}: {}{}", turn.tool.title(), if turn.keep { "" } else { " (warming up)" });
        self.progress.begin(self.printer, VERB, &what);
        if self.wants(Scenario::Cold) || turn.round == 0 {
            for dir in [&turn.store, &turn.a] {
                remove(dir)?;
            }
            if turn.tool == Tool::Hyperopt {
                self.counted_before = Totals::default();
            }
            fs::create_dir_all(turn.store.join("home")).map_err(|e| at(&turn.store, e))?;
            sources::copy(&self.prepared.source, &turn.a)?;
        }
        // Whatever was not asked for and is needed by what was is done as well, and not kept.
        let measured = self.step(&turn, Scenario::Cold, cells, *cold)?;
        if cold.is_none() || self.wants(Scenario::Cold) {
            *cold = measured.map(|m| cost(&m));
        }
        if self.wants(Scenario::NoOp) {
            self.step(&turn, Scenario::NoOp, cells, *cold)?;
        }
        if self.wants(Scenario::Warm) {
            remove(&turn.a.join("target"))?;
            self.step(&turn, Scenario::Warm, cells, *cold)?;
        }
        if !self.scenarios.iter().any(|s| s.is_elsewhere()) {
            return Ok(());
        }
        sources::copy(&self.prepared.source, &turn.b)?;
        self.step(&turn, Scenario::Other, cells, *cold)?;
        for scenario in Scenario::ALL.into_iter().filter(|s| s.edit().is_some()) {
            // A steady edit is one that is not the first.
            let leads = scenario == Scenario::FirstEdit && self.edits();
            if self.wants(scenario) || leads {
                self.edit(&mut turn, scenario)?;
                self.step(&turn, scenario, cells, *cold)?;
            }
        }
        remove(&turn.b)
    }

    fn edit(&self, turn: &mut Turn, scenario: Scenario) -> Result<(), BenchError> {
        let (Some(kind), Some(chosen)) = (scenario.edit(), &self.prepared.chosen) else { return Ok(()) };
        turn.edit += 1;
        turn.edits.make(kind, turn.edit);
        let file = turn.b.join(&chosen.file);
        fs::write(&file, turn.edits.render(&chosen.text, &chosen.site)).map_err(|e| at(&file, e))?;
        Ok(())
    }

    /// One build; its figures are kept if they were asked for.
    fn step(
        &mut self,
        turn: &Turn,
        scenario: Scenario,
        cells: &mut [Cell],
        cold: Option<Cost>,
    ) -> Result<Option<Measured>, BenchError> {
        let root = if scenario.is_elsewhere() { &turn.b } else { &turn.a };
        let mut command = self.programs.build(turn.tool, &turn.store, &root.join(&self.prepared.below), self.words);
        self.prepared.stay_in(root, &mut command);
        let log = self.scratch.join("logs").join(format!("{}-{}-{scenario}", turn.tool.name(), turn.round + 1));
        let measured = run(&mut command, &log, self.counter, self.stop)?;
        let counted = self.counted(turn);
        self.done += 1;
        let total = u64::from(self.warmup + self.iterations) * (self.tools.len() * self.steps()) as u64;
        self.progress.at(self.printer, VERB, self.done, total);
        let keep = turn.keep && self.wants(scenario);
        let cell = cells.iter_mut().find(|c| keep && c.scenario == scenario && c.tool == turn.tool);
        let said = fs::read_to_string(&log).unwrap_or_default();
        // Some that succeed have not built anything.
        if !measured.status.success() || !root.join("target").is_dir() {
            let what = format!("{}, {}: the build failed\n{}", turn.tool.title(), scenario.title(), last_lines(&said));
            self.progress.aside(|| self.printer.warning(what));
            if let Some(cell) = cell {
                cell.invalid = Some("the build failed".into());
            }
            return Ok(None);
        }
        let Some(cell) = cell else { return Ok(Some(measured)) };
        cell.samples.push(Sample { wall: measured.wall, cpu: measured.cpu, compilers: measured.compilers });
        let evidence =
            Evidence { dirty: says_that_it_compiles(&said), units: self.prepared.units, cost: cost(&measured), cold, counted };
        let fault = fault(scenario, turn.tool != Tool::Plain, &evidence);
        cell.invalid = cell.invalid.take().or(fault);
        cell.note = counted.map(|c| format!("{} restored, {} compiled", c.restored, c.compiled));
        Ok(Some(measured))
    }

    /// What our own counters have counted since the last time. What was built without a daemon is not in them, and it shows.
    fn counted(&mut self, turn: &Turn) -> Option<Counted> {
        if turn.tool != Tool::Hyperopt {
            return None;
        }
        let told = Client::connect(&hyperopt_store(&turn.store)).and_then(|mut c| c.ask(&Request::Stats { session: None }));
        let Ok(Reply::Stats(stats)) = told else { return Some(Counted::default()) };
        let before = std::mem::replace(&mut self.counted_before, stats.totals);
        Some(Counted::between(&before, &self.counted_before))
    }
}

fn cost(measured: &Measured) -> Cost {
    Cost { compilers: measured.compilers, cpu: measured.cpu }
}

fn says_that_it_compiles(log: &str) -> bool {
    log.lines().any(|l| ["Compiling ", "Checking "].iter().any(|verb| l.trim_start().starts_with(verb)))
}

/// Removes a directory, if there is one. Background processes may still be writing to it.
fn remove(dir: &Path) -> Result<(), BenchError> {
    let clock = Stopwatch::start();
    loop {
        match fs::remove_dir_all(dir) {
            Ok(()) => return Ok(()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
            Err(e) if clock.millis() > 2_000 => return Err(at(dir, e).into()),
            Err(_) => std::thread::sleep(std::time::Duration::from_millis(20)),
        }
    }
}
