//! `init`: makes plain `cargo` use the cache, by one line in cargo's configuration; `--undo` takes exactly that back.
//!
//! It must never replace a wrapper unasked, nor write what it cannot take back. A refusal leaves every byte as it was.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    args::InitArgs,
    context::{Context, same_file},
    error::CliError,
    exit,
};
use crate::base::fs::{Durability, write_atomic};

pub mod diff;
pub mod edit;
mod link;

use edit::Made;
use link::Link;

/// Why the configuration was not changed.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("not valid TOML: {0}")]
    Syntax(String),
    #[error("`build` is not written as a table of its own, and cannot be edited safely")]
    Inline,
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
            Self::Inline => Some("write it as `[build]` with one key a line".into()),
            Self::Awkward => Some("add `rustc-wrapper` to `[build]` by hand".into()),
            Self::At { cause, .. } => cause.hint(),
            Self::Other { .. } => Some("`--force` sets it aside; `--undo` brings it back".into()),
            Self::NoHome => Some("set `CARGO_HOME`, or use `--project`".into()),
            Self::Exe(_) => Some("install it in another directory".into()),
            Self::Syntax(_) | Self::Io(_) => None,
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
    let dir = if args.project { Some(ctx.cwd.join(".cargo")) } else { ctx.cargo_home() };
    let file = config_in(&dir.ok_or(InitError::NoHome)?);
    // Through a link into somebody's dotfiles: the file changes, the link stays.
    let file = file.canonicalize().unwrap_or(file);
    if args.check {
        return check(ctx, &file);
    }
    if args.undo {
        undo(ctx, &file)?;
        if !args.project
            && let Some(link) = link::remove(&ctx.exe)
        {
            ctx.printer.status("Removed", link.display());
        }
        return Ok(exit::OK);
    }
    set(ctx, &file, args.force)?;
    if !args.project {
        match link::make(&ctx.exe) {
            Link::Made(link) => ctx.printer.status("Linked", format!("{} (for `cargo hyperopt …`)", link.display())),
            Link::Unchanged => {}
            Link::Impossible(why) => ctx.printer.warning(format!("`cargo hyperopt` will not work: {why}")),
        }
    }
    Ok(exit::OK)
}

fn check(ctx: &mut Context, file: &Path) -> Result<i32, CliError> {
    let at = file.display();
    let (text, code) = match state(file, &ctx.exe)? {
        State::Ours => (format!("set: plain cargo uses this cache ({at})"), exit::OK),
        State::Unset => (format!("not set: plain cargo does not use this cache ({at})"), exit::NO),
        State::Stale(w) => (format!("stale: another executable is set, `{w}` ({at})"), exit::NO),
        State::Other(w) => (format!("not set: another wrapper is, `{w}` ({at})"), exit::NO),
    };
    ctx.printer.data(crate::ui::sanitize::clean(&text));
    Ok(code)
}

fn set(ctx: &mut Context, file: &Path, force: bool) -> Result<(), InitError> {
    let exe = ctx.exe.to_str().ok_or_else(|| InitError::Exe(ctx.exe.clone()))?.to_owned();
    let before = read(file)?;
    let base = match state(file, &ctx.exe)? {
        State::Ours => {
            ctx.printer.status("Unchanged", format!("{} names this program already", file.display()));
            return Ok(());
        }
        State::Other(wrapper) if !force => return Err(InitError::Other { file: file.into(), wrapper }),
        // What an earlier executable of ours has made is made again, so that it can be taken back.
        State::Stale(_) => before.as_deref().and_then(edit::remove),
        State::Unset | State::Other(_) => None,
    };
    let made = match (&before, &base) {
        (_, Some((_, made))) => Some(*made).filter(|m| *m != Made::Line),
        (Some(_), None) => None,
        (None, None) if file.parent().is_some_and(Path::exists) => Some(Made::File),
        (None, None) => Some(Made::Directory),
    };
    let before = before.unwrap_or_default();
    let new = edit::add(base.as_ref().map_or(before.as_str(), |(text, _)| text), &exe, made).map_err(|e| e.at(file))?;
    if let Some(dir) = file.parent() {
        fs::create_dir_all(dir).map_err(|e| InitError::Io(crate::base::fs::at(dir, e)))?;
    }
    write(file, &new)?;
    show(ctx, "Changed", file, &before, &new);
    Ok(())
}

fn undo(ctx: &mut Context, file: &Path) -> Result<(), InitError> {
    let before = read(file)?.unwrap_or_default();
    let Some((text, made)) = edit::remove(&before) else {
        ctx.printer.status("Unchanged", format!("{} holds nothing that `init` has added", file.display()));
        return Ok(());
    };
    let file_is_ours = matches!(made, Made::File | Made::Directory) && text.is_empty();
    if file_is_ours {
        fs::remove_file(file).map_err(|e| InitError::Io(crate::base::fs::at(file, e)))?;
        if made == Made::Directory
            && let Some(dir) = file.parent()
        {
            // Only if nobody has put anything else there.
            let _ = fs::remove_dir(dir);
        }
    } else {
        write(file, &text)?;
    }
    show(ctx, if file_is_ours { "Removed" } else { "Changed" }, file, &before, &text);
    Ok(())
}

fn show(ctx: &mut Context, verb: &str, file: &Path, before: &str, after: &str) {
    ctx.printer.status(verb, file.display());
    for line in diff::lines(before, after, ctx.printer.err_theme()) {
        ctx.printer.say(line);
    }
}

fn read(file: &Path) -> Result<Option<String>, InitError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(InitError::Io(crate::base::fs::at(file, e))),
    }
}

fn write(file: &Path, text: &str) -> Result<(), InitError> {
    let before = fs::metadata(file).ok().map(|m| m.permissions());
    write_atomic(file, text.as_bytes(), 0o644, Durability::Synced).map_err(InitError::Io)?;
    if let Some(permissions) = before {
        fs::set_permissions(file, permissions).map_err(|e| InitError::Io(crate::base::fs::at(file, e)))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
