//! Help with errors after a build of cargo's that was started in prompt mode.
//!
//! It must never delay a build that succeeds, change what cargo gets to see, or its exit code. If the failures cannot be had, nothing
//! is said: cargo's own output is all there.

mod again;
pub mod fix;
mod memory;
mod model;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitStatus,
};

use self::{
    fix::{Failed, Proposal},
    memory::Memory,
    model::Wish,
};
use super::{
    context::Context,
    error::CliError,
    exit,
    plan::CargoCall,
    prompt::Prompt,
    wiring::{Wiring, random_id},
};
use crate::{
    advise::{
        captured::Failures,
        diagnostic::Report,
        fix::vcs::Allowed,
        group::{self, Group},
        memory::Past,
        show,
    },
    base::env::names,
    cargo::words,
    config,
};

/// How a build in prompt mode is listened to.
pub struct Listening {
    prompt: Prompt,
    /// What is tried next, if anything is to be mended.
    next: Step,
    /// Where our wrapper puts failures; without our wrapper cargo is asked once more.
    failures: Option<Failures>,
    /// How errors were mended before; not where there is no cache.
    memory: Option<Memory>,
}

impl Listening {
    /// For one command; nothing if nobody asked for help.
    pub fn to(ctx: &Context, call: &CargoCall, wiring: &Wiring) -> Option<Self> {
        let prompt = call.prompt.filter(|_| call.builds)?;
        let memory = if let Wiring::On(wired) = wiring { Some(Memory::of(wired)) } else { None };
        let parent = || ctx.env.path("TMPDIR").unwrap_or_else(|| "/tmp".into());
        let failures = memory.is_some().then(|| Failures::below(&ctx.cwd.join(parent()), &random_id()));
        Some(Self { prompt, next: Step::Compiler, failures, memory })
    }

    /// Variables to set for cargo.
    pub fn environment(&self) -> Option<(&'static str, OsString)> {
        self.failures.as_ref().map(|failures| (names::FAILURES, failures.dir().into()))
    }

    /// Explains what has failed; whether something was mended, so that the command is worth running again. To be asked until it is
    /// not: what the compiler proposes comes first, what a model proposes last, each once.
    pub fn after(&mut self, ctx: &mut Context, call: &CargoCall, cargo: &Path, ended: Ended) -> bool {
        let Explained { reports, groups, past } = self.explain(ctx, call, cargo, ended);
        let Some(store) = config::store_path(&ctx.env).map(|store| ctx.cwd.join(store)) else { return false };
        if reports.is_empty() {
            return false;
        }
        let failed = Failed { store: &store, toolchain: call.toolchain.clone(), words: &call.args, reports: &reports };
        let fix = (self.prompt.fix || fixes_by_itself(ctx)) && !self.prompt.show_prompt;
        if fix && self.next == Step::Compiler {
            self.next = Step::Model;
            if self.mend(ctx, &failed, &[]) {
                return true;
            }
        }
        if self.next == Step::Nothing {
            return false;
        }
        self.next = Step::Nothing;
        let wish = match (self.prompt.show_prompt, fix) {
            (true, _) => Wish::Show,
            (false, true) => Wish::Fix,
            (false, false) => Wish::Explain,
        };
        let proposals = model::ask(ctx, &failed, &groups, &past, wish);
        !proposals.is_empty() && self.mend(ctx, &failed, &proposals)
    }

    /// Explains what has failed, and gives it.
    fn explain(&self, ctx: &mut Context, call: &CargoCall, cargo: &Path, ended: Ended) -> Explained {
        if ended.status.code().is_none() {
            return Explained::default();
        }
        let reports = match &self.failures {
            _ if ended.status.success() => Vec::new(),
            Some(failures) => failures.read(ended.cargo, between(call)),
            None => again::reports(ctx, call, cargo),
        };
        let groups = group::groups(reports.clone());
        let succeeded = ended.status.success();
        let failed = memory::Failed::of(&groups, self.failures.as_ref().filter(|_| !succeeded));
        let past = self.memory.as_ref().map(|memory| memory.after(ctx, call, succeeded, &failed)).unwrap_or_default();
        for line in show::lines(&groups, &past, ctx.printer.err_theme()) {
            ctx.printer.say(line);
        }
        Explained { reports, groups, past }
    }

    fn mend(&self, ctx: &mut Context, failed: &Failed<'_>, proposals: &[Proposal]) -> bool {
        let Prompt { allow_dirty: dirty, allow_staged: staged, allow_no_vcs: no_vcs, .. } = self.prompt;
        match fix::mend(ctx, failed, proposals, Allowed { dirty, staged, no_vcs }) {
            Ok(mended) => mended.files > 0,
            Err(error) => {
                CliError::from(error).tell(&mut ctx.printer);
                false
            }
        }
    }
}

/// Takes the last mend back.
///
/// # Errors
/// If there is none, or it cannot be taken back.
pub fn undo(ctx: &mut Context, call: &CargoCall) -> Result<i32, CliError> {
    let store = config::store_path(&ctx.env).map(|store| ctx.cwd.join(store));
    let manifest = manifest(ctx, call);
    fix::undo(ctx, &store.unwrap_or_default(), manifest.as_deref())?;
    Ok(exit::OK)
}

/// The manifest that cargo was told to use.
fn manifest(ctx: &Context, call: &CargoCall) -> Option<PathBuf> {
    let mut manifest = None;
    words::options(&call.args, |name, value| {
        if name == "manifest-path" {
            manifest = value.map(|value| ctx.cwd.join(value));
        }
    });
    manifest
}

/// The user wants mends without being asked; no project can say so.
fn fixes_by_itself(ctx: &Context) -> bool {
    config::load(&ctx.env, &ctx.cwd, &[]).is_ok_and(|loaded| loaded.settings.llm.auto_fix)
}

/// What has failed.
#[derive(Default)]
struct Explained {
    reports: Vec<Report>,
    groups: Vec<Group>,
    /// Of each group, how such was mended before.
    past: Vec<Vec<Past>>,
}

/// Where changes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Compiler,
    Model,
    Nothing,
}

/// How cargo has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended {
    pub status: ExitStatus,
    /// Its process.
    pub cargo: u32,
}

/// How many processes may stand between the cargo that we have started and the one that compiles: `cargo clippy` is a program of
/// its own that starts cargo again.
fn between(call: &CargoCall) -> usize {
    let command = words::subcommand(&call.args).and_then(|at| call.args[at].to_str());
    if command == Some("clippy") { 2 } else { 0 }
}
