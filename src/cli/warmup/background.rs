//! A warm-up that goes on when its terminal is gone: another process of this program, with the environment and the directory
//! of this one, and a log in place of the terminal.
//!
//! It must run as the build that it prepares for would, so it keeps the whole environment; it is the user's own build.

use std::{ffi::OsString, fs::OpenOptions, os::unix::fs::OpenOptionsExt, path::Path, process::Command};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, dup2_stderr, dup2_stdout},
};

use super::{error::WarmupError, station};
use crate::{
    base::{clock, personality::WARMUP, process, text},
    cli::{context::Context, error::CliError, exit},
};

/// Starts it and returns. `args` are those of this process, without its name.
///
/// # Errors
/// If one is under way, or it cannot be started.
pub fn start(ctx: &mut Context, store: &Path, toolchain: Option<&OsString>, args: &[OsString]) -> Result<i32, CliError> {
    if station::is_busy(store) {
        return Err(WarmupError::Busy.into());
    }
    station::prepare(store).map_err(WarmupError::Io)?;
    let log = station::log(store);
    let rest = args.iter().filter(|a| *a != "--background");
    let mut command = Command::new(&ctx.exe);
    command.arg(WARMUP).arg(&log).args(toolchain).args(rest).current_dir(&ctx.cwd);
    process::detach(&mut command).map_err(|cause| CliError::Start { what: ctx.exe.clone(), cause })?;
    ctx.printer.status("Started", format_args!("in the background; it says what it does in {}", log.display()));
    ctx.printer.hint("`rustc-hyperopt warmup --status` says how far it is, `--stop` ends it");
    Ok(exit::OK)
}

/// In the process that was started: what is printed from now on goes to the log. Without one it goes nowhere.
pub fn enter(log: &Path) {
    let file = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(log);
    if let Ok(file) = file {
        // Where one of them fails, less is said.
        let _ = (dup2_stdout(&file), dup2_stderr(&file));
    }
}

/// Says how far a warm-up is, or how the last one ended.
///
/// # Errors
/// Never; the type is that of all commands.
pub fn status(ctx: &mut Context, store: &Path) -> Result<i32, CliError> {
    let ago = |at: u64| text::millis(clock::wall_secs().saturating_sub(at) * 1000);
    let text = match station::status(store) {
        None => "there was no warm-up yet".into(),
        Some((true, s)) => {
            let units = if s.total > 0 { format!(", {} of {} units", s.done, s.total) } else { String::new() };
            format!("under way since {}, project {} of {}: {}{units}", ago(s.started), s.project, s.projects, s.what)
        }
        Some((false, station::Status { ended: Some(at), what, .. })) => format!("ended {} ago: {what}", ago(at)),
        Some((false, s)) => format!("was killed at project {} of {}: {}", s.project, s.projects, s.what),
    };
    ctx.printer.data(text);
    Ok(exit::OK)
}

/// Ends the warm-up that is under way, as Ctrl-C does.
///
/// # Errors
/// If none is, or it cannot be told to.
pub fn stop(ctx: &mut Context, store: &Path) -> Result<i32, CliError> {
    let Some((true, status)) = station::status(store) else { return Err(WarmupError::Idle.into()) };
    kill(Pid::from_raw(status.pid.cast_signed()), Signal::SIGTERM).map_err(|e| WarmupError::Io(e.into()))?;
    ctx.printer.status("Stopping", "the warm-up; what it has compiled is kept");
    Ok(exit::OK)
}
