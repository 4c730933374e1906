//! `watch`: finds out what is meant and where, and hands over to [`crate::watch`].
//!
//! A run is this program with a command of cargo's, so that it is seeded, wired and counted exactly as when it is typed. It
//! must never touch what the user has said, except for the format of messages, which it reads itself.

mod ahead;

use std::{ffi::OsString, io::IsTerminal, path::PathBuf, process::Command};

pub use ahead::run as ahead;

use super::{args::WatchArgs, cargo, context::Context, error::CliError, exit, wiring::Wiring};
use crate::{
    base::{env::names, personality::AHEAD, process::exit_like},
    cargo::{words, workspace},
    config::{self, LineDrift},
    watch::{
        self, WatchError,
        ahead::Ahead,
        headless::Headless,
        job::{Job, Make},
        scope::Asking,
        screen::{Screen, Terminal},
        session::Setup,
    },
};

/// Why it cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum WatchStart {
    #[error("there is no `Cargo.toml` here or above ({0})")]
    NoProject(PathBuf),
    #[error("`{name}` is not a command that can be watched with")]
    NoJob { name: String, meant: Option<Job> },
    #[error("`--message-format` is chosen by `watch`, which reads the messages")]
    Format,
    #[error(transparent)]
    Watch(#[from] WatchError),
}

impl WatchStart {
    /// What the user can do, if we know.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoProject(_) => Some("`--manifest-path FILE` names one".into()),
            Self::NoJob { meant: Some(job), .. } => Some(format!("did you mean `{}`?", job.name())),
            Self::NoJob { .. } => Some(format!("these can: {}", Job::ALL.map(Job::name).join(", "))),
            Self::Format => Some("`watch --json` prints the diagnostics as JSON".into()),
            Self::Watch(WatchError::Terminal(_)) => Some("`watch --headless` needs no terminal".into()),
            Self::Watch(WatchError::Notify(_)) => {
                Some("on Linux `sysctl fs.inotify.max_user_watches` tells how many directories may be watched".into())
            }
            Self::Watch(WatchError::Io(_)) => None,
        }
    }
}

/// What was typed behind `watch`.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    job: Job,
    words: Vec<OsString>,
    headless: bool,
    json: bool,
}

/// Our own flags are heard wherever they stand before `--`; cargo's commands have none of these names.
fn wanted(args: &WatchArgs) -> Result<Wanted, WatchStart> {
    let mut wanted = Wanted { job: Job::default(), words: Vec::new(), headless: args.headless, json: args.json };
    let mut rest = args.words.iter();
    if let Some(first) = args.words.first().filter(|w| !w.as_encoded_bytes().starts_with(b"-")) {
        let name = first.to_string_lossy();
        wanted.job =
            Job::by_name(&name).ok_or_else(|| WatchStart::NoJob { meant: Job::meant(&name), name: name.clone().into() })?;
        rest.next();
    }
    let mut ours = true;
    for word in rest {
        ours &= word != "--";
        match word.to_str().filter(|_| ours) {
            Some("--headless") => wanted.headless = true,
            Some("--json") => wanted.json = true,
            Some(word) if word.starts_with("--message-format") => return Err(WatchStart::Format),
            _ => wanted.words.push(word.clone()),
        }
    }
    Ok(wanted)
}

/// Runs the command.
///
/// # Errors
/// If it cannot begin.
pub fn run(ctx: &mut Context, args: &WatchArgs, toolchain: Option<OsString>) -> Result<i32, CliError> {
    let Wanted { job, words: given, headless, json } = wanted(args)?;
    let cargo = cargo::find(ctx, toolchain.is_some()).ok_or(CliError::NoCargo)?;
    let mut manifest: Option<PathBuf> = None;
    // As if a subcommand stood in front.
    let line: Vec<OsString> = std::iter::once(job.name().into()).chain(given.iter().cloned()).collect();
    words::options(&line, |name, value| {
        if name == "manifest-path" {
            manifest = value.map(PathBuf::from);
        }
    });
    let root = workspace::root(&ctx.cwd, manifest.as_deref()).ok_or_else(|| WatchStart::NoProject(ctx.cwd.clone()))?;
    let root = root.canonicalize().unwrap_or(root);
    let cwd = ctx.cwd.canonicalize().unwrap_or_else(|_| ctx.cwd.clone());
    let cargo_home = ctx.cargo_home();
    let asking = Asking { cargo, toolchain: toolchain.clone(), cwd, manifest, root: root.clone(), cargo_home };
    let on_screen = !headless && !json && std::io::stdout().is_terminal() && std::io::stdin().is_terminal();
    let colored = if on_screen { ctx.printer.out_theme().is_on() } else { !json && ctx.printer.err_theme().is_on() };
    let prepare = prepare(ctx, toolchain.clone());
    let setup = Setup { root: root.clone(), job, args: given, command: command(ctx, toolchain, colored) };
    let drifts = config::load(&ctx.env, &ctx.cwd, &[]).is_ok_and(|l| l.settings.ai.line_drift == LineDrift::Allow);
    let ahead = Ahead::new(prepare, drifts);
    let ended = if on_screen {
        let size = crossterm::terminal::size().map_err(WatchError::Terminal).map_err(WatchStart::Watch)?;
        let terminal = Terminal::take(std::io::stdout()).map_err(WatchError::Terminal).map_err(WatchStart::Watch)?;
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        let mut screen = Screen::new(terminal, &name, ctx.printer.out_theme(), size);
        watch::run(setup, asking, &mut screen, ahead, true)
    } else {
        watch::run(setup, asking, &mut Headless::new(&mut ctx.printer, json), ahead, false)
    };
    if let Wiring::On(wired) = Wiring::of(ctx, true) {
        ahead::clear(&wired.store, &root);
    }
    match ended.map_err(WatchStart::Watch)? {
        None => Ok(exit::OK),
        Some(signal) => exit_like(std::os::unix::process::ExitStatusExt::from_raw(signal)),
    }
}

/// A run is this program with cargo's command.
fn command(ctx: &Context, toolchain: Option<OsString>, colored: bool) -> Make {
    let (exe, cwd) = (ctx.exe.clone(), ctx.cwd.clone());
    let format = if colored { "--message-format=json-diagnostic-rendered-ansi" } else { "--message-format=json" };
    Box::new(move |job, words| {
        let mut command = Command::new(&exe);
        command.args(&toolchain).arg(job.name()).arg(format).args(words).current_dir(&cwd);
        // The status line is made of it.
        command.env(names::SUMMARY, "always");
        command
    })
}

/// How to compile ahead, where that is wanted.
fn prepare(ctx: &Context, toolchain: Option<OsString>) -> Option<Make> {
    let wanted = config::load(&ctx.env, &ctx.cwd, &[]).is_ok_and(|l| l.settings.performance.speculative_compilation);
    if !wanted || ctx.env.switched_off() {
        return None;
    }
    let (exe, cwd) = (ctx.exe.clone(), ctx.cwd.clone());
    Some(Box::new(move |job, words| {
        let mut command = Command::new(&exe);
        let no_run = (job == Job::Test).then_some("--no-run");
        command.arg(AHEAD).args(&toolchain).arg(job.name()).args(no_run).args(words).current_dir(&cwd);
        command
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Wanted, WatchStart> {
        let words = line.split_whitespace().map(OsString::from).collect();
        wanted(&WatchArgs { headless: false, json: false, words })
    }

    #[test]
    fn a_command_and_its_flags() {
        let plain = read("").expect("read");
        assert_eq!((plain.job, plain.words.len(), plain.headless), (Job::Check, 0, false));
        let all = read("t --workspace --headless -p x -- --json").expect("read");
        assert_eq!((all.job, all.headless, all.json), (Job::Test, true, false));
        assert_eq!(all.words, ["--workspace", "-p", "x", "--", "--json"]);
        assert_eq!(read("--release").expect("read").words, ["--release"]);
    }

    #[test]
    fn what_cannot_be_watched_with_is_said() {
        let hint = |line: &str| read(line).expect_err("refused").hint().expect("a hint");
        assert!(hint("chekc").contains("`check`"));
        assert!(hint("publish").contains("clippy"));
        assert!(hint("check --message-format=short").contains("--json"));
    }
}
