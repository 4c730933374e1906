//! `warmup`: builds into the store ahead of time, in a directory of its own, so that the first build of a fresh target
//! directory finds everything.
//!
//! It runs build scripts and procedural macros, so only of the project at hand, of projects below directories that were named,
//! and of those that were built before. It must never touch a project's target directory, make a build wait for one of its
//! compiles, or fail as a whole because of one project. What it has done is remembered by what comes of it: a second run has nothing to do, and one
//! that was broken off goes on where it was.

pub mod args;
mod background;
pub mod error;
pub(in crate::cli) mod limits;
pub(in crate::cli) mod link;
mod popular;
mod project;
pub(in crate::cli) mod run;
mod scan;
mod sources;
pub(in crate::cli) mod station;
mod steps;

use std::{
    collections::HashMap,
    ffi::OsString,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use args::WarmupArgs;
use error::WarmupError;
use limits::{Limits, Stop};
use link::Link;
use popular::Popular;
use project::{Outcome, Project, Warmer};
use scan::Found;
use station::Station;

pub use background::enter;

use super::{cargo, context::Context, daemon::Daemon, error::CliError, exit, signals, wiring::Wiring};
use crate::{
    base::{process::exit_like, text},
    cargo::workspace,
    ipc::protocol::{Reply, Request},
    predict::popular::Popular as Table,
    ui::progress::Progress,
};

/// Runs the command; `words` is the command line that `args` was read from.
///
/// # Errors
/// If it cannot begin, cargo cannot be started, or the daemon does not answer.
pub fn run(ctx: &mut Context, args: &WarmupArgs, toolchain: Option<OsString>, words: &[OsString]) -> Result<i32, CliError> {
    let (store, exe) = match Wiring::of(ctx, true) {
        Wiring::On(wired) => (wired.store, wired.exe),
        Wiring::Off => return Err(WarmupError::Off.into()),
        Wiring::NoStore(why) => return Err(WarmupError::NoStore(why).into()),
    };
    if args.status {
        return background::status(ctx, &store);
    }
    if args.stop {
        return background::stop(ctx, &store);
    }
    if args.scan_crates.is_some() {
        set_rustup_aside(ctx);
    }
    let cargo = cargo::find(ctx, toolchain.is_some()).ok_or(CliError::NoCargo)?;
    if args.background {
        return background::start(ctx, &store, toolchain.as_ref(), words);
    }
    let mut link = Link::new(&store, &exe)?;
    let found = found(ctx, args, &mut link)?;
    if args.list {
        list(ctx, args, &found);
        return Ok(exit::OK);
    }
    let station = Station::take(&store).map_err(WarmupError::Io)?.ok_or(WarmupError::Busy)?;
    signals::notice();
    tell_passed_over(ctx, &found);
    let limits = Limits::new(args.budget_minutes, args.max_size_gb);
    let progress = Progress::new(&ctx.printer, &ctx.env);
    let compilers = HashMap::new();
    let mut warmer = Warmer { ctx, cargo, toolchain, station, limits, link, progress, compilers };
    let mut tally = Tally { projects: found.roots.len() + usize::from(args.popular.is_some()), ..Tally::default() };
    let result = all(&mut warmer, args, &found.roots, &mut tally);
    let Warmer { ctx, station, .. } = warmer;
    station.end(&tally.sentence());
    result?;
    Ok(tally.tell(ctx, args))
}

/// A process that was started by cargo is told which toolchain cargo runs in, which says nothing about other projects.
fn set_rustup_aside(ctx: &mut Context) {
    if ctx.env.get("CARGO").is_some() {
        let drop = |name: &[u8]| matches!(name, b"CARGO" | b"RUSTUP_TOOLCHAIN");
        ctx.env = std::mem::take(&mut ctx.env).map_values(|name, value| (!drop(name)).then_some(value));
    }
}

/// The projects that were asked for.
fn found(ctx: &Context, args: &WarmupArgs, daemon: &mut dyn Daemon) -> Result<Found, CliError> {
    match &args.scan_crates {
        Some(dirs) if dirs.is_empty() => match daemon.ask(&Request::Projects)? {
            Reply::Projects(known) => {
                let roots = scan::known(known.into_iter().map(|p| PathBuf::from(p.root)));
                Ok(Found { roots, ..Found::default() })
            }
            _ => Err(CliError::Misunderstood),
        },
        Some(dirs) => Ok(scan::below(&dirs.iter().map(|d| ctx.cwd.join(d)).collect::<Vec<_>>())),
        None if args.popular.is_some() => Ok(Found::default()),
        None => {
            let root = workspace::root(&ctx.cwd, args.own.manifest_path.as_deref());
            let root = root.ok_or_else(|| WarmupError::NoProject(ctx.cwd.clone()))?;
            Ok(Found { roots: vec![root], ..Found::default() })
        }
    }
}

fn project(ctx: &Context, args: &WarmupArgs, root: &Path) -> Project {
    let at_hand = args.scan_crates.is_none();
    let dir = if at_hand { ctx.cwd.clone() } else { root.to_owned() };
    let locked = !at_hand;
    Project { name: root.display().to_string(), root: root.to_owned(), dir, steps: steps::of_project(args), locked }
}

/// Prints what would be done.
fn list(ctx: &mut Context, args: &WarmupArgs, found: &Found) {
    let commands = |steps: Vec<steps::Step>| {
        let names = steps.iter().map(|s| s.join(" ".as_ref()).to_string_lossy().into_owned());
        names.collect::<Vec<_>>().join(", ")
    };
    for root in &found.roots {
        let steps = project(ctx, args, root).steps;
        ctx.printer.data(format_args!("{}: {}", crate::ui::sanitize::clean(&root.to_string_lossy()), commands(steps)));
    }
    if let Some(most) = args.popular {
        use crate::predict::Predictor;
        let names: Vec<String> = Table.candidates(&[]).into_iter().take(most).map(|c| c.name).collect();
        ctx.printer.data(format_args!("popular crates ({}): {}", names.join(", "), commands(steps::of_dependencies(args))));
    }
    tell_passed_over(ctx, found);
}

fn tell_passed_over(ctx: &mut Context, found: &Found) {
    for (dir, why) in &found.passed_over {
        ctx.printer.warning(format_args!("{} is passed over: {why}", dir.display()));
    }
    if found.cut_short {
        ctx.printer.warning("there is more below these directories than is looked at; name smaller ones");
    }
}

/// What has come of everything.
#[derive(Default)]
struct Tally {
    projects: usize,
    prepared: usize,
    ready: usize,
    failed: usize,
    stopped: Option<Stop>,
}

fn all(warmer: &mut Warmer<'_>, args: &WarmupArgs, roots: &[PathBuf], tally: &mut Tally) -> Result<(), CliError> {
    for (n, root) in roots.iter().enumerate() {
        let project = project(warmer.ctx, args, root);
        begin(warmer, n + 1, tally.projects, &project.name);
        let outcome = warmer.prepare(&project)?;
        tally.add(warmer.ctx, &project.name, outcome);
        if tally.stopped.is_some() {
            return Ok(());
        }
    }
    let Some(most) = args.popular.filter(|most| *most > 0) else { return Ok(()) };
    begin(warmer, tally.projects, tally.projects, popular::NAME);
    match warmer.popular(&Table, most, steps::of_dependencies(args), args.cargo.offline)? {
        Popular::Stopped(stop) => tally.stopped = Some(stop),
        Popular::None(why) => tally.add(warmer.ctx, popular::NAME, Outcome::Failed(vec![why])),
        Popular::Ready(project, left_out) => {
            if !left_out.is_empty() {
                warmer
                    .ctx
                    .printer
                    .warning(format_args!("left out, because they cannot be had or do not go together: {}", left_out.join(", ")));
            }
            let outcome = warmer.prepare(&project)?;
            tally.add(warmer.ctx, &project.name, outcome);
        }
    }
    Ok(())
}

fn begin(warmer: &mut Warmer<'_>, n: usize, of: usize, what: &str) {
    warmer.station.note(what, |s| (s.project, s.projects) = (n, of));
}

impl Tally {
    fn add(&mut self, ctx: &mut Context, what: &str, outcome: Outcome) {
        match outcome {
            Outcome::Nothing => self.ready += 1,
            Outcome::Done => self.prepared += 1,
            Outcome::Failed(why) => {
                self.failed += 1;
                ctx.printer.warning(format_args!("{what} is not prepared: {}", why.join("\n")));
            }
            Outcome::Stopped(stop) => self.stopped = Some(stop),
        }
    }

    /// How it ended, in words.
    fn sentence(&self) -> String {
        let counted = |n: usize, what: &str| (n > 0).then(|| format!("{} {what}", text::count(n as u64, "project")));
        let parts = [
            counted(self.prepared, "prepared"),
            counted(self.ready, "had nothing to do"),
            counted(self.failed, "failed"),
            self.stopped.as_ref().map(ToString::to_string),
        ];
        let said: Vec<String> = parts.into_iter().flatten().collect();
        if said.is_empty() { "no project was found".into() } else { said.join(", ") }
    }

    /// Says so, and gives the exit code. After a signal the process ends as that signal would have ended it.
    fn tell(&self, ctx: &mut Context, args: &WarmupArgs) -> i32 {
        match &self.stopped {
            Some(stop) => {
                ctx.printer.status_warning("Stopped", format_args!("{}; `warmup` goes on where it was", self.sentence()));
                if let Stop::Signal(signal) = stop {
                    exit_like(ExitStatus::from_raw(*signal));
                }
            }
            None if self.projects == 0 => {
                ctx.printer.status_warning("Warm", "no project was found");
                if args.scan_crates.as_ref().is_some_and(Vec::is_empty) {
                    ctx.printer.hint("`rustc-hyperopt warmup --scan-crates DIR` names a directory with projects");
                }
            }
            None if self.ready == self.projects => ctx.printer.status("Warm", "nothing to do: all of it was prepared before"),
            None if self.projects > 1 => ctx.printer.status("Warm", self.sentence()),
            None => {}
        }
        // Of many, some may always be broken; one that was meant may not.
        let is_one = args.scan_crates.is_none();
        if self.failed > 0 && (is_one || self.prepared + self.ready == 0) { exit::NO } else { exit::OK }
    }
}
