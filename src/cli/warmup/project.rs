//! Preparing one project: cargo builds it in a directory of ours, and what comes of it is taken into the store.
//!
//! It must never write into the project, except for a lock file that the project at hand lacks, as cargo would. What fails is
//! cargo's to explain; the other commands go on.

use std::{
    collections::HashMap,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    error::WarmupError,
    limits::{Limits, Stop},
    link::Link,
    run::{self, End},
    sources,
    station::Station,
    steps::Step,
};
use crate::{
    artifact::marker,
    base::{clock::Stopwatch, digest::Digest, env::names, process::which, text},
    cargo::{call::Call, toolchain},
    cli::{
        context::Context,
        daemon::Daemon,
        error::CliError,
        wiring::{Wired, Wiring},
    },
    engine::units::Site,
    ipc::protocol::{Reply, Request},
    seed,
    ui::{progress::Progress, summary},
};

/// A project and what is to be built.
pub struct Project {
    /// For people.
    pub name: String,
    /// The workspace's directory.
    pub root: PathBuf,
    /// Where cargo runs.
    pub dir: PathBuf,
    pub steps: Vec<Step>,
    /// Its lock file is not ours to change.
    pub locked: bool,
}

/// What became of it.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was prepared before.
    Nothing,
    Done,
    /// Some of it could not be built, in cargo's words.
    Failed(Vec<String>),
    Stopped(Stop),
}

/// Everything that preparing takes.
pub struct Warmer<'a> {
    pub ctx: &'a mut Context,
    pub cargo: PathBuf,
    pub toolchain: Option<OsString>,
    pub station: Station,
    pub limits: Limits,
    pub link: Link,
    pub progress: Progress,
    /// What compilers say of themselves, by the toolchain's name.
    pub compilers: HashMap<String, Vec<u8>>,
}

const VERB: &str = "Warming up";

impl Warmer<'_> {
    /// Prepares a project, as far as it was not prepared before.
    ///
    /// # Errors
    /// If cargo cannot be started, or the daemon does not answer.
    pub fn prepare(&mut self, project: &Project) -> Result<Outcome, CliError> {
        // Packages of the same name in different projects must not meet there.
        self.station.clear().map_err(WarmupError::Io)?;
        let before = std::mem::replace(&mut self.ctx.cwd, project.dir.clone());
        let wiring = Wiring::of(self.ctx, true);
        let result = match wiring {
            Wiring::On(wired) => self.prepare_with(project, wired),
            Wiring::Off | Wiring::NoStore(_) => Ok(Outcome::Nothing),
        };
        self.ctx.cwd = before;
        drop(self.station.clear());
        result
    }

    fn prepare_with(&mut self, project: &Project, wired: Wired) -> Result<Outcome, CliError> {
        if !project.locked && !project.root.join("Cargo.lock").exists() {
            let mut command = self.cargo(&project.dir);
            command.arg("generate-lockfile").args(manifest(project));
            if let Some(other) = self.run(&mut command, "cargo generate-lockfile")?.instead() {
                return Ok(other);
            }
        }
        let compiler = self.compiler(&project.dir);
        let sources = sources::digest(&project.root, &compiler).filter(|_| wired.seeds);
        let mut todo = Vec::new();
        for step in &project.steps {
            if !self.is_warm(project, step, sources)? {
                todo.push(step);
            }
        }
        if todo.is_empty() {
            return Ok(Outcome::Nothing);
        }
        let watch = Stopwatch::start();
        let session = format!("{}{}", names::IN_BACKGROUND, wired.session);
        let wired = wired.in_session(&session);
        let mut failed = Vec::new();
        for step in todo {
            if let Some(stop) = self.limits.reached(&mut self.link, true) {
                return Ok(Outcome::Stopped(stop));
            }
            match self.step(project, step, &wired, sources)? {
                End::Done => {}
                End::Failed(why) => failed.push(format!("`cargo {}`: {why}", words(step))),
                End::Stopped(stop) => return Ok(Outcome::Stopped(stop)),
            }
        }
        self.tell(project, &session, watch.millis());
        Ok(if failed.is_empty() { Outcome::Done } else { Outcome::Failed(failed) })
    }

    /// Builds, and has the result taken in.
    fn step(&mut self, project: &Project, step: &Step, wired: &Wired, sources: Option<Digest>) -> Result<End, CliError> {
        let label = format!("{}: cargo {}", project.name, words(step));
        let target = self.station.target();
        let mut command = self.cargo(&project.dir);
        // An intermediate directory of the user's is as little ours as the target directory.
        command.args(step).arg("--target-dir").arg(&target).env("CARGO_BUILD_BUILD_DIR", &target);
        command.args(project.locked.then_some("--locked")).envs(Wiring::On(wired.clone()).environment());
        if wired.seeds
            && let Some(site) = self.site(project, step)
            && seed::is_worth_asking(&site.call)
        {
            // What is there already need not be built again to be noted.
            drop(seed::prepare(&mut self.link.client, &site));
        }
        let mut end = self.run(&mut command, &label)?;
        if matches!(end, End::Failed(_)) && marker::was_withdrawn(&target) {
            end = self.run(&mut command, &label)?;
        }
        // Not the one from before: cargo may have changed the lock file.
        if end == End::Done
            && wired.seeds
            && let Some(site) = self.site(project, step)
        {
            let sources = sources.unwrap_or_else(|| Digest::of(wired.session.as_bytes()));
            self.link.ask(&Request::TakeIn { site: Box::new(site), sources })?;
        }
        Ok(end)
    }

    fn is_warm(&mut self, project: &Project, step: &Step, sources: Option<Digest>) -> Result<bool, CliError> {
        let Some((sources, site)) = sources.zip(self.site(project, step)) else { return Ok(false) };
        match self.link.ask(&Request::IsWarm { site: Box::new(site), sources })? {
            Reply::Warm(warm) => Ok(warm),
            _ => Err(CliError::Misunderstood),
        }
    }

    /// The build as it is looked up for any target directory, with ours in place of the project's.
    fn site(&self, project: &Project, step: &Step) -> Option<Site> {
        let target = self.station.target();
        let words: Vec<OsString> = step.iter().cloned().chain(["--target-dir".into(), target.clone().into()]).collect();
        let build = Call::understand(&words, self.toolchain.as_deref(), &self.ctx.env, &project.dir)?;
        let mut site = seed::site(build, &self.ctx.env, &project.dir);
        site.call.target = target.into_os_string();
        Some(site)
    }

    /// A command line that begins with cargo.
    pub fn cargo(&self, dir: &Path) -> Command {
        let mut command = Command::new(&self.cargo);
        command.args(&self.toolchain).current_dir(dir);
        for name in ["CARGO", "RUSTUP_TOOLCHAIN"] {
            if self.ctx.env.get(name).is_none() {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs it within the limits.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn run(&mut self, command: &mut Command, label: &str) -> Result<End, CliError> {
        self.station.note(label, |s| (s.done, s.total) = (0, 0));
        self.progress.begin(&mut self.ctx.printer, VERB, label);
        let (printer, progress, station) = (&mut self.ctx.printer, &mut self.progress, &mut self.station);
        let (limits, link) = (&mut self.limits, &mut self.link);
        let end = run::run(command, |counts| {
            if let Some((done, total)) = counts {
                progress.at(printer, VERB, done, total);
                station.progress(done, total);
            }
            limits.reached(link, false)
        });
        self.progress.end(&mut self.ctx.printer);
        end.map_err(|cause| CliError::Start { what: self.cargo.clone(), cause })
    }

    /// What the compiler of a directory says of itself: when it is another one, everything is to be prepared again.
    fn compiler(&mut self, dir: &Path) -> Vec<u8> {
        let env = &self.ctx.env;
        let given = self.toolchain.as_ref().and_then(|t| t.to_str());
        let name = toolchain::name(given, dir, env);
        if let Some(known) = self.compilers.get(&name) {
            return known.clone();
        }
        let named = env.get("RUSTC").filter(|v| !v.is_empty()).unwrap_or("rustc".as_ref());
        let said = which(named, env.get("PATH").unwrap_or_default(), dir).and_then(|rustc| {
            let mut command = Command::new(rustc);
            command.args(given).arg("-vV").current_dir(dir);
            if env.get("RUSTUP_TOOLCHAIN").is_none() {
                command.env_remove("RUSTUP_TOOLCHAIN");
            }
            command.output().ok()
        });
        let said = said.map(|output| output.stdout).unwrap_or_default();
        self.compilers.insert(name, said.clone());
        said
    }

    /// The line that ends a project.
    fn tell(&mut self, project: &Project, session: &str, took_ms: u64) {
        let counted = match self.link.ask(&Request::Stats { session: Some(session.to_owned()) }) {
            Ok(Reply::Stats(stats)) => summary::line(&stats.totals),
            _ => None,
        };
        let counted = counted.map(|line| format!(": {line}")).unwrap_or_default();
        self.ctx.printer.status("Warm", format_args!("{} in {}{counted}", project.name, text::millis(took_ms)));
    }
}

impl End {
    /// The outcome, if this was not the way to it.
    fn instead(self) -> Option<Outcome> {
        match self {
            Self::Done => None,
            Self::Failed(why) => Some(Outcome::Failed(vec![why])),
            Self::Stopped(stop) => Some(Outcome::Stopped(stop)),
        }
    }
}

/// The manifest that the steps name.
fn manifest(project: &Project) -> Vec<OsString> {
    let step = project.steps.first().map(Vec::as_slice).unwrap_or_default();
    let at = step.iter().position(|w| w == "--manifest-path");
    at.and_then(|at| step.get(at..at + 2)).map(<[OsString]>::to_vec).unwrap_or_default()
}

fn words(step: &Step) -> String {
    step.join(" ".as_ref()).to_string_lossy().into_owned()
}
