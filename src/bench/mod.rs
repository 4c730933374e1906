//! Layer 16: `bench`: how long builds of a project take with plain cargo, with us, and with other caches, side by side.
//!
//! It must never touch the project, its target directory, the user's caches or settings: everything happens in copies below
//! one scratch directory, which goes at the end, however that comes about. Each tool is run as its users run it, and a figure
//! that does not mean what it seems to mean is told as such. What cannot be measured is absent, never guessed.

mod counter;
mod edit;
pub mod error;
pub mod export;
pub mod linkers;
pub mod machine;
mod prepare;
mod project;
pub mod report;
mod rounds;
mod run;
pub mod scenario;
mod scratch;
mod site;
pub mod statistics;
pub mod tool;
mod tree;
mod valid;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use counter::Counter;
use error::BenchError;
use machine::{Look, Machine};
use prepare::{Preparation, Prepared};
use report::{Edited, Report, SCHEMA_VERSION, ToolReport};
use rounds::{Rounds, VERB};
use run::Stop;
use scenario::Scenario;
use scratch::Scratch;
use tool::{Programs, Tool};

use crate::{
    base::{env::EnvSnapshot, process},
    ui::{Printer, progress::Progress},
};

/// What is to be measured.
#[derive(Debug)]
pub struct Wish {
    /// Where the user is, in the project.
    pub dir: PathBuf,
    pub env: EnvSnapshot,
    pub cargo: PathBuf,
    /// This program.
    pub hyperopt: PathBuf,
    /// Words for cargo, with its command.
    pub words: Vec<OsString>,
    pub tools: Vec<Tool>,
    pub scenarios: Vec<Scenario>,
    /// Rounds that count, and rounds before them that do not.
    pub iterations: u32,
    pub warmup: u32,
    /// The file that is edited, from the root of the project.
    pub edit: Option<PathBuf>,
    /// Where copies are made (default: the directory for temporary files).
    pub scratch: Option<PathBuf>,
    pub keep: bool,
}

/// Measures. Whatever the end, nothing that was started goes on, and nothing that was written stays but what was to be kept.
///
/// # Errors
/// If the project cannot be built, nothing can be edited, or the user wants an end.
pub fn run(wish: &Wish, printer: &mut Printer, stop: Stop<'_>) -> Result<Report, BenchError> {
    process::adopt_orphans();
    let scratch = Scratch::new(wish.scratch.as_deref())?;
    let report = in_scratch(wish, scratch.dir(), printer, stop);
    tree::end();
    if wish.keep {
        printer.status("Kept", scratch.keep().display());
    }
    report
}

fn in_scratch(wish: &Wish, scratch: &Path, printer: &mut Printer, stop: Stop<'_>) -> Result<Report, BenchError> {
    let programs = Programs::new(wish.env.clone(), &wish.dir, wish.cargo.clone(), wish.hyperopt.clone(), scratch)?;
    let missing = wish.tools.iter().find(|t| programs.file(**t).is_none());
    if let Some(tool) = missing {
        return Err(BenchError::NotInstalled(tool.title()));
    }
    let mut progress = Progress::new(printer, &wish.env);
    progress.begin(printer, "Preparing", "copying, downloading, one build by plain cargo");
    let (look, cpu) = (Look::now(), tree::cpu());
    let (rustc, sysroot) = compiler(&programs, &wish.dir);
    let mut machine = Machine::look(scratch, rustc);
    machine.warnings().iter().for_each(|w| printer.warning(w));
    let edits = wish.scenarios.iter().any(|s| s.edit().is_some());
    let preparation = Preparation { programs: &programs, dir: &wish.dir, scratch, words: &wish.words, stop };
    let prepared = preparation.run(edits, wish.edit.as_deref())?;
    if let Some(chosen) = &prepared.chosen {
        printer.status(VERB, format_args!("edits of `{}` in {}", chosen.site.function, chosen.file.display()));
    }
    let counter = Counter::of(&sysroot);
    let cells = Rounds {
        programs: &programs,
        prepared: &prepared,
        scratch,
        words: &wish.words,
        tools: &wish.tools,
        scenarios: &wish.scenarios,
        warmup: wish.warmup,
        iterations: wish.iterations,
        counter: counter.as_ref(),
        stop,
        printer,
        progress: &mut progress,
        counted_before: crate::events::Totals::default(),
        done: 0,
    }
    .run()?;
    machine.look_again(look, tree::cpu() - cpu);
    let tools = wish.tools.iter().map(|tool| ToolReport { tool: *tool, version: programs.version(*tool) }).collect();
    let mut report = Report {
        schema_version: SCHEMA_VERSION,
        project: prepared.name.clone(),
        command: wish.words.join(" ".as_ref()).to_string_lossy().into_owned(),
        units: prepared.units,
        iterations: wish.iterations,
        warmup: wish.warmup,
        tools,
        edited: edited(&prepared),
        machine,
        cells,
        warnings: Vec::new(),
    };
    report.sum_up();
    Ok(report)
}

fn edited(prepared: &Prepared) -> Option<Edited> {
    let chosen = prepared.chosen.as_ref()?;
    Some(Edited {
        package: chosen.package.clone(),
        file: chosen.file.display().to_string(),
        function: chosen.site.function.clone(),
        dependents: chosen.dependents,
    })
}

/// What the project's compiler says of itself, and where it lies.
fn compiler(programs: &Programs, dir: &Path) -> (String, PathBuf) {
    let ask = |word: &[&str]| {
        let output = programs.command(&programs.rustc(), dir).args(word).output();
        output.map(|o| String::from_utf8_lossy(&o.stdout).trim().to_owned()).unwrap_or_default()
    };
    (ask(&["-V"]), PathBuf::from(ask(&["--print", "sysroot"])))
}
