//! `init`: makes plain `cargo` use the cache, by one line in cargo's configuration, or an editor (`--ide`), by a few settings
//! of rust-analyzer; `--undo` takes exactly that back. `--ci` prints what a CI system needs and changes nothing.
//!
//! It must never write what was not shown before, replace a wrapper unasked, nor write what it cannot take back. A refusal leaves every byte as it was.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    args::InitArgs,
    context::{Context, same_file},
    error::CliError,
    exit,
};

mod ci;
pub mod edit;
mod file;
pub mod ide;
mod link;

use edit::{CARGO, Made};
use file::read;
use link::Link;

/// Why the configuration was not changed.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("not valid TOML: {0}")]
    Syntax(String),
    #[error("`{0}` is not written as a table of its own, and cannot be edited safely")]
    Inline(&'static str),
    #[error("not valid JSON with comments: {0}")]
    Json(String),
    #[error("`{0}` is there and is not what it should be")]
    Kind(String),
    #[error("what `init` has added has been changed since")]
    Changed,
    #[error("{file}: rust-analyzer is told to use another wrapper: `{wrapper}`")]
    OtherInEditor { file: PathBuf, wrapper: String },
    #[error("cannot be edited so that `--undo` could restore it exactly")]
    Awkward,
    #[error("{file}: {cause}")]
    At { file: PathBuf, cause: Box<InitError> },
    #[error("{file}: another wrapper is set: `{wrapper}`")]
    Other { file: PathBuf, wrapper: String },
    #[error("{0}")]
    Io(io::Error),
    #[error("there is no home directory to find cargo's configuration in")]
    NoHome,
    #[error("the path of this program is not valid Unicode: {0}")]
    Exe(PathBuf),
}

impl InitError {
    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Inline(table) => Some(format!("write it as `[{table}]` with one key a line")),
            Self::Awkward | Self::Kind(_) => Some("make the change by hand; `--dry-run` on an empty home shows it".into()),
            Self::Changed => Some("take it out by hand; a comment marks it".into()),
            Self::OtherInEditor { .. } => Some("remove that setting, and run this again".into()),
            Self::At { cause, .. } => cause.hint(),
            Self::Other { .. } => Some("`--force` sets it aside; `--undo` brings it back".into()),
            Self::NoHome => Some("set `CARGO_HOME`, or use `--project`".into()),
            Self::Exe(_) => Some("install it in another directory".into()),
            Self::Syntax(_) | Self::Json(_) => Some("mend the file first; nothing was written".into()),
            Self::Io(_) => None,
        }
    }

    fn at(self, file: &Path) -> Self {
        Self::At { file: file.into(), cause: Box::new(self) }
    }
}

/// What a configuration file says about us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Unset,
    Ours,
    /// A line of ours that names another executable (this one has moved).
    Stale(String),
    Other(String),
}

/// Reads the state of one configuration file; a file that is not there sets nothing.
///
/// # Errors
/// If it cannot be read or is not TOML.
pub fn state(file: &Path, exe: &Path) -> Result<State, InitError> {
    let Some(text) = read(file)? else { return Ok(State::Unset) };
    Ok(match edit::wrapper(&text).map_err(|e| e.at(file))? {
        None => State::Unset,
        Some(w) if Path::new(&w) == exe || same_file(Path::new(&w), exe) => State::Ours,
        Some(w) if edit::is_edited(&text) => State::Stale(w),
        Some(w) => State::Other(w),
    })
}

/// The file in `dir` that cargo reads: `config` wins over `config.toml` where both exist.
pub fn config_in(dir: &Path) -> PathBuf {
    let old = dir.join("config");
    if old.is_file() { old } else { dir.join("config.toml") }
}

/// Runs the command.
///
/// # Errors
/// If the file cannot be read or written, or must not be changed.
pub fn run(ctx: &mut Context, args: &InitArgs) -> Result<i32, CliError> {
    match (args.ci, args.ide) {
        (Some(system), _) => Ok(ci::run(ctx, system)),
        (_, Some(editor)) => ide::run(ctx, args, editor),
        _ => for_cargo(ctx, args),
    }
}

fn for_cargo(ctx: &mut Context, args: &InitArgs) -> Result<i32, CliError> {
    let dir = if args.project { Some(ctx.cwd.join(".cargo")) } else { ctx.cargo_home() };
    let file = config_in(&dir.ok_or(InitError::NoHome)?);
    // Through a link into somebody's dotfiles: the file changes, the link stays.
    let file = file.canonicalize().unwrap_or(file);
    if args.check {
        let state = state(&file, &ctx.exe)?;
        return Ok(check(ctx, "plain cargo", &file, state));
    }
    if args.undo {
        undo(ctx, &file, args.dry_run)?;
        if !args.project
            && !args.dry_run
            && let Some(link) = link::remove(&ctx.exe)
        {
            ctx.printer.status("Removed", link.display());
        }
        return Ok(exit::OK);
    }
    set(ctx, &file, args)?;
    if !args.project && !args.dry_run {
        match link::make(&ctx.exe) {
            Link::Made(link) => ctx.printer.status("Linked", format!("{} (for `cargo hyperopt …`)", link.display())),
            Link::Unchanged => {}
            Link::Impossible(why) => ctx.printer.warning(format!("`cargo hyperopt` will not work: {why}")),
        }
    }
    Ok(exit::OK)
}

/// Says whether `who` uses us, as `file` tells it.
fn check(ctx: &mut Context, who: &str, file: &Path, state: State) -> i32 {
    let at = file.display();
    let (text, code) = match state {
        State::Ours => (format!("set: {who} uses this cache ({at})"), exit::OK),
        State::Unset => (format!("not set: {who} does not use this cache ({at})"), exit::NO),
        State::Stale(w) => (format!("stale: another executable is set, `{w}` ({at})"), exit::NO),
        State::Other(w) => (format!("not set: another wrapper is, `{w}` ({at})"), exit::NO),
    };
    ctx.printer.data(crate::ui::sanitize::clean(&text));
    code
}

fn set(ctx: &mut Context, file: &Path, args: &InitArgs) -> Result<(), InitError> {
    let exe = ctx.exe.to_str().ok_or_else(|| InitError::Exe(ctx.exe.clone()))?.to_owned();
    let before = read(file)?;
    let base = match state(file, &ctx.exe)? {
        State::Ours => {
            ctx.printer.status("Unchanged", format!("{} names this program already", file.display()));
            return Ok(());
        }
        State::Other(wrapper) if !args.force => return Err(InitError::Other { file: file.into(), wrapper }),
        // What an earlier executable of ours has made is made again, so that it can be taken back.
        State::Stale(_) => before.as_deref().and_then(|text| edit::remove(text, CARGO)),
        State::Unset | State::Other(_) => None,
    };
    let made = match (&before, &base) {
        (_, Some((_, made))) => Some(*made).filter(|m| *m != Made::Line),
        (Some(_), None) => None,
        (None, None) => Some(file::missing(file)),
    };
    let before = before.unwrap_or_default();
    let new = edit::add(base.as_ref().map_or(before.as_str(), |(text, _)| text), &exe, made).map_err(|e| e.at(file))?;
    file::change(ctx, file, (&before, &new), args.dry_run)
}

fn undo(ctx: &mut Context, file: &Path, rehearsal: bool) -> Result<(), InitError> {
    let before = read(file)?.unwrap_or_default();
    let Some((text, made)) = edit::remove(&before, CARGO) else {
        ctx.printer.status("Unchanged", format!("{} holds nothing that `init` has added", file.display()));
        return Ok(());
    };
    file::take_back(ctx, file, (&before, &text), made, rehearsal)
}

#[cfg(test)]
mod tests;
