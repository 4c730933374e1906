//! Help with errors after a build of cargo's that was started in prompt mode.
//!
//! It must never delay a build that succeeds, change what cargo gets to see, or its exit code. If the failures cannot be had, nothing
//! is said: cargo's own output is all there.

mod again;

use std::{ffi::OsString, path::Path, process::ExitStatus};

use super::{
    context::Context,
    plan::CargoCall,
    prompt::Prompt,
    wiring::{Wiring, random_id},
};
use crate::{
    advise::{
        captured::Failures,
        diagnostic::Report,
        group::{self, Group},
        show,
    },
    base::env::names,
    cargo::words,
};

/// How a build in prompt mode is listened to.
pub struct Listening {
    prompt: Prompt,
    /// Where our wrapper puts failures; without our wrapper cargo is asked once more.
    failures: Option<Failures>,
}

impl Listening {
    /// For one command; nothing if nobody asked for help.
    pub fn to(ctx: &Context, call: &CargoCall, wiring: &Wiring) -> Option<Self> {
        let prompt = call.prompt.filter(|_| call.builds)?;
        let wrapped = matches!(wiring, Wiring::On(_));
        let parent = || ctx.env.path("TMPDIR").unwrap_or_else(|| "/tmp".into());
        let failures = wrapped.then(|| Failures::below(&ctx.cwd.join(parent()), &random_id()));
        Some(Self { prompt, failures })
    }

    /// Variables to set for cargo.
    pub fn environment(&self) -> Option<(&'static str, OsString)> {
        self.failures.as_ref().map(|failures| (names::FAILURES, failures.dir().into()))
    }

    /// Explains what has failed, and does with it what was asked for. Gives another end for the build if that was mended.
    pub fn after(self, ctx: &mut Context, call: &CargoCall, cargo: &Path, ended: Ended) -> Option<ExitStatus> {
        if ended.status.success() || ended.status.code().is_none() {
            return None;
        }
        let reports = match &self.failures {
            Some(failures) => failures.read(ended.cargo, between(call)),
            None => again::reports(ctx, call, cargo),
        };
        let groups = group::groups(reports.clone());
        for line in show::lines(&groups, ctx.printer.err_theme()) {
            ctx.printer.say(line);
        }
        beyond(ctx, self.prompt, &reports, &groups)
    }
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

/// What is done with errors beyond explaining them: mends, and the question to a model. Gives how the build ends after a mend.
fn beyond(ctx: &mut Context, prompt: Prompt, reports: &[Report], groups: &[Group]) -> Option<ExitStatus> {
    let asked = [("--fix", prompt.fix), ("--undo", prompt.undo), ("--show-prompt", prompt.show_prompt)];
    if !reports.is_empty() && !groups.is_empty() {
        for (flag, _) in asked.iter().filter(|(_, asked)| *asked) {
            ctx.printer.warning(format_args!("`{flag}` has no effect in this version"));
        }
    }
    None
}
