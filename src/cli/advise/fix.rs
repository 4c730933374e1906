//! Mending after a build that failed, and taking a mend back.
//!
//! Everything is tried before it is shown, and shown before it is written. What cannot be mended is said and changes nothing: the
//! build has failed before, and its exit code is not this one's business.

use std::{ffi::OsString, path::Path};

use crate::{
    advise::{
        diagnostic::Report,
        fix::{
            FixError,
            judge::Sure,
            mend::Mend,
            proposal,
            rounds::{self, Declined, Outcome},
            scratch::{Asked, Scratch},
            suggest,
            vcs::{self, Allowed},
        },
        replacement::Replacement,
    },
    base::text::count,
    cargo::workspace,
    cli::{context::Context, diff},
    ui::sanitize::clean,
};

/// The command whose build has failed.
pub struct Failed<'a> {
    pub store: &'a Path,
    /// `+name`.
    pub toolchain: Option<OsString>,
    /// As cargo got them.
    pub words: &'a [OsString],
    pub reports: &'a [Report],
}

/// A proposal that is not the compiler's.
pub struct Proposal {
    /// What it does, in few words.
    pub title: String,
    pub parts: Vec<Replacement>,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mended {
    /// Files that were written. If there are any, the user's command is worth running again.
    pub files: usize,
    /// Errors that are gone.
    pub errors: usize,
    /// Errors that a check still finds.
    pub left: usize,
}

impl Failed<'_> {
    /// For a trial.
    pub(super) fn asked(&self, ctx: &Context) -> Asked {
        Asked {
            exe: ctx.exe.clone(),
            toolchain: self.toolchain.clone(),
            words: self.words.to_vec(),
            cwd: ctx.cwd.clone(),
            env: ctx.env.clone(),
            store: self.store.to_owned(),
        }
    }
}

/// Mends with what the compiler proposes, and then with `proposals`; says what it does.
///
/// # Errors
/// If nothing can be tried, or what was tried cannot be written. Sources are then as they were, or each mended as a whole.
pub fn mend(ctx: &mut Context, failed: &Failed<'_>, proposals: &[Proposal], allowed: Allowed) -> Result<Mended, FixError> {
    let compilers = failed.reports.iter().any(suggest::has_idea);
    if !compilers && proposals.is_empty() {
        ctx.printer.status("Mending", "nothing: the compiler proposes no change for these errors");
        return Ok(Mended::default());
    }
    let asked = failed.asked(ctx);
    let project = asked.project()?;
    // Before any time is spent.
    vcs::look(&project.root, allowed, &ctx.env)?;
    let mut patches = Vec::new();
    for proposal in proposals {
        match proposal::patch(&proposal.title, &proposal.parts, &project) {
            Ok(patch) => patches.push(patch),
            Err(refusal) => ctx.printer.warning(format!("a proposed change was refused: {refusal}")),
        }
    }
    if !compilers && patches.is_empty() {
        return Ok(Mended::default());
    }
    ctx.printer.status("Trying", "what is proposed, in a copy of the workspace");
    let root = project.root.clone();
    let mut scratch = Scratch::new(asked, project)?;
    let outcome = rounds::mend(&mut scratch, &patches)?;
    finish(ctx, failed.store, &root, &outcome)
}

/// Takes the last mend of this workspace back.
///
/// # Errors
/// If there is none, or a file was edited since; then nothing is restored.
pub fn undo(ctx: &mut Context, store: &Path, manifest: Option<&Path>) -> Result<(), FixError> {
    let root = workspace::root(&ctx.cwd, manifest).unwrap_or_else(|| ctx.cwd.clone());
    let last = Mend::last(store, &root)?;
    let files = last.restorable()?;
    for changed in &files {
        diff::show(ctx, "Restoring", &changed.file, (&changed.after, &changed.before));
    }
    last.undo(store)?;
    ctx.printer.status("Restored", count(files.len() as u64, "file"));
    Ok(())
}

/// Says what came of it, shows the difference, and makes it.
fn finish(ctx: &mut Context, store: &Path, root: &Path, outcome: &Outcome) -> Result<Mended, FixError> {
    for (error, title, why) in &outcome.declined {
        tell_declined(ctx, error, title, why);
    }
    if outcome.cut_short {
        ctx.printer.warning("there was more to be tried; another run goes on from here");
    }
    let done = Mended { errors: outcome.mended.len(), left: outcome.left, files: 0 };
    let Some(mend) = Mend::of(root, outcome) else {
        ctx.printer.status("Mending", "nothing: no proposed change compiles");
        return Ok(done);
    };
    for mended in &outcome.mended {
        let guess = if mended.sure == Sure::No { " (a guess that compiles)" } else { "" };
        ctx.printer.status("Mends", &mended.error);
        ctx.printer.say(format!("             {}{guess}", clean(&mended.how)));
    }
    for changed in &mend.files {
        diff::show(ctx, "Changing", &changed.file, (&changed.before, &changed.after));
    }
    mend.apply(store)?;
    let (errors, files) = (count(outcome.mended.len() as u64, "error"), count(mend.files.len() as u64, "file"));
    ctx.printer.status("Mended", format!("{errors} in {files}"));
    for revealed in &outcome.revealed {
        ctx.printer.status("Revealed", format!("{revealed}: it was hidden by what is mended now"));
    }
    ctx.printer.hint("`--undo` takes it back");
    Ok(Mended { files: mend.files.len(), ..done })
}

fn tell_declined(ctx: &mut Context, error: &str, title: &str, why: &Declined) {
    let why = match why {
        Declined::NoHelp => "the error stays".into(),
        Declined::Worse(other) => format!("it leads to another: {other}"),
        Declined::Ambiguous(ways) => format!("there is more than one way that compiles: {}", ways.join(" | ")),
        Declined::Many(count) => format!("there are {count} ways to do it"),
        Declined::Unfit => "it does not fit the source".into(),
    };
    let about = if error.is_empty() { String::new() } else { format!("{error}: ") };
    ctx.printer.status("Declined", format!("{about}{title}: {why}"));
}
