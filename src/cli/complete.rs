//! Completions: `completions <shell>` prints what a shell has to read when it starts; from then on it asks this program, with a
//! variable that names the shell.
//!
//! What is offered comes from the definitions of [`super::args`], so it never lags behind them; names of crates come from the
//! lock file at hand and from a daemon that runs. It must never start a daemon, say anything but candidates, or fail: what
//! cannot be found out is not offered.

use std::{collections::BTreeMap, ffi::OsStr, ffi::OsString};

use clap::{Command, CommandFactory};
use clap_complete::{
    CompletionCandidate, Shell,
    engine::{ArgValueCandidates, SubcommandCandidates},
    env::{EnvCompleter, Shells},
};

use super::{
    args::{Cli, PROGRAM},
    context::Context,
    daemon::Daemon,
    error::CliError,
    exit,
    stats::crates,
};
use crate::{
    base::env::{EnvSnapshot, names},
    cargo::lockfile,
    config,
    ipc::client::Client,
};

const SHELLS: Shells<'static> = Shells::builtins();

/// Commands of cargo's that are offered beside ours. What they take is not.
const CARGOS: [(&str, &str); 14] = [
    ("add", "cargo add"),
    ("build", "cargo build, through the cache"),
    ("cargo", "cargo's command where a name is ours"),
    ("check", "cargo check, through the cache"),
    ("clean", "cargo clean; the cache keeps what it has"),
    ("clippy", "cargo clippy, through the cache"),
    ("doc", "cargo doc, through the cache"),
    ("fmt", "cargo fmt"),
    ("install", "cargo install, through the cache"),
    ("nextest", "cargo nextest, through the cache"),
    ("run", "cargo run, through the cache"),
    ("test", "cargo test, through the cache"),
    ("tree", "cargo tree"),
    ("update", "cargo update"),
];

/// Runs `completions`: the text that sets `shell` up.
///
/// # Errors
/// If the text cannot be made, which is a fault of ours.
pub fn run(ctx: &mut Context, shell: Shell) -> Result<i32, CliError> {
    let name = shell.to_string();
    // By name where a shell finds this program by it, so that the text stays true when the program moves.
    let own = if ctx.is_us(OsStr::new(PROGRAM)) { PROGRAM.into() } else { ctx.exe.to_string_lossy().into_owned() };
    let mut text = Vec::new();
    completer(&name)
        .ok_or(CliError::Misunderstood)?
        .write_registration(names::COMPLETE, PROGRAM, PROGRAM, &own, &mut text)
        .map_err(|cause| CliError::Start { what: ctx.exe.clone(), cause })?;
    ctx.printer.data(String::from_utf8_lossy(&text).trim_end());
    Ok(exit::OK)
}

/// Answers a shell that asks for completions; `false` if none has asked. `args` are the program, `--`, and the words so far.
pub fn answer(ctx: &mut Context, args: &[OsString]) -> bool {
    let Some(shell) = ctx.env.get(names::COMPLETE).and_then(OsStr::to_str).filter(|s| !s.is_empty()) else { return false };
    let (Some(shell), Some(start)) = (completer(shell), args.iter().position(|a| a == "--")) else { return true };
    let mut text = Vec::new();
    let answered = shell.write_complete(&mut command(), args[start + 1..].to_vec(), Some(&ctx.cwd), &mut text);
    if answered.is_ok() && !text.is_empty() {
        ctx.printer.data(String::from_utf8_lossy(&text));
    }
    true
}

fn completer(shell: &str) -> Option<&'static dyn EnvCompleter> {
    SHELLS.0.iter().copied().find(|s| s.is(shell))
}

/// Our definitions, with what only completions need.
fn command() -> Command {
    let cargos = || CARGOS.iter().map(|(name, help)| CompletionCandidate::new(name).help(Some((*help).into()))).collect();
    let mut command = Cli::command()
        .allow_external_subcommands(true)
        .add(SubcommandCandidates::new(cargos))
        .mut_subcommand("why", |why| why.mut_arg("name", |name| name.add(ArgValueCandidates::new(crate_names))));
    command.build();
    command
}

/// Crates that `why` may know: those of the lock file above, and those that a daemon has seen.
fn crate_names() -> Vec<CompletionCandidate> {
    let env = EnvSnapshot::current();
    let cwd = std::env::current_dir().unwrap_or_default();
    let lock = cwd.ancestors().find_map(|dir| std::fs::read_to_string(dir.join("Cargo.lock")).ok()).unwrap_or_default();
    let store = config::load(&env, &cwd, &[]).ok().map(|l| l.settings.cache.path).or_else(|| config::store_path(&env));
    let stats = store.and_then(|store| Client::connect(&cwd.join(store)).ok()).and_then(|mut client| client.stats().ok());
    let seen = stats.map(|s| crates::rows(&s.crates)).unwrap_or_default().into_iter().map(|row| row.name);
    merged(seen.chain(lockfile::names(&lock))).into_iter().map(CompletionCandidate::new).collect()
}

/// Each crate once, in the spelling that comes last.
fn merged(names: impl Iterator<Item = String>) -> Vec<String> {
    names.map(|name| (name.replace('-', "_"), name)).collect::<BTreeMap<_, _>>().into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(words: &[&str]) -> Vec<String> {
        let args = words.iter().map(OsString::from).collect();
        let found = clap_complete::engine::complete(&mut command(), args, words.len() - 1, None).expect("completed");
        found.iter().map(|c| c.get_value().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn commands_flags_and_values_are_offered() {
        let cases: [(&[&str], &[&str]); 6] = [
            (&[PROGRAM, "st"], &["stats"]),
            (&[PROGRAM, "c"], &["cache", "cargo", "check", "clean", "clippy", "completions"]),
            (&[PROGRAM, "stats", "--det"], &["--detailed"]),
            (&[PROGRAM, "cache", "s"], &["settle", "size", "stop"]),
            (&[PROGRAM, "--color", "n"], &["never"]),
            (&[PROGRAM, "completions", "z"], &["zsh"]),
        ];
        for (words, expected) in cases {
            let mut found = offered(words);
            found.sort();
            assert_eq!(found, expected, "{words:?}");
        }
    }

    #[test]
    fn a_crate_is_offered_once_as_the_lock_file_spells_it() {
        let names = ["serde_json", "app", "serde-json"].map(str::to_owned);
        assert_eq!(merged(names.into_iter()), ["app", "serde-json"]);
    }
}
