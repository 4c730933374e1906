//! Who gets a command line: we, or cargo. Pure; looks at nothing but the arguments.
//!
//! It must never change an argument of cargo's: what is passed on is what was given, byte for byte, but for the flags of
//! prompt mode ([`prompt`]), which no command of cargo's has in that form. What we do not know is cargo's, so that aliases, plugins and cargo's own "did you mean" work.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use super::{
    flags::{self, Seen},
    prompt::{self, Prompt},
};
use crate::cargo::words;

/// Commands that are ours and parsed by [`super::args`].
pub const OWN: [&str; 11] =
    ["stats", "analyze", "bench", "watch", "cache", "why", "doctor", "init", "warmup", "completions", "man"];
/// The name under which cargo finds us, without `cargo-`.
const PLUGIN: &str = "hyperopt";
/// Commands of cargo's that compile nothing. All others, aliases and plugins among them, may.
const NOT_BUILDING: [&str; 28] = [
    "add",
    "clean",
    "config",
    "fetch",
    "fmt",
    "generate-lockfile",
    "git-checkout",
    "help",
    "info",
    "init",
    "locate-project",
    "login",
    "logout",
    "metadata",
    "new",
    "owner",
    "pkgid",
    "read-manifest",
    "remove",
    "report",
    "rm",
    "search",
    "tree",
    "uninstall",
    "update",
    "vendor",
    "version",
    "yank",
];

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plan {
    /// A command of ours, our help or our version: arguments without the program name.
    Own { toolchain: Option<OsString>, args: Vec<OsString> },
    /// Everything else.
    Cargo(CargoCall),
}

/// A command line for cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CargoCall {
    /// With its `+`.
    pub toolchain: Option<OsString>,
    pub args: Vec<OsString>,
    pub seen: Seen,
    /// Whether compilers may run.
    pub builds: bool,
    /// Whether it removes what was built.
    pub cleans: bool,
    /// Help with errors was asked for; the flags for that are not among `args`.
    pub prompt: Option<Prompt>,
}

/// Decides about a whole command line, program name included.
pub fn plan(args: &[OsString]) -> Plan {
    let (program, mut rest) = args.split_first().map_or((OsStr::new(""), args), |(p, r)| (p.as_os_str(), r));
    let as_plugin = Path::new(program).file_stem().is_some_and(|s| s.as_encoded_bytes() == b"cargo-hyperopt");
    if as_plugin && rest.first().is_some_and(|a| a == PLUGIN) {
        rest = &rest[1..];
    }
    let mut toolchain = None;
    take_toolchain(&mut rest, &mut toolchain);
    let Some(at) = words::subcommand(rest) else { return without_command(toolchain, rest) };
    let name = rest[at].to_str().unwrap_or_default();
    if name == "cargo" {
        let (before, mut after) = (&rest[..at], &rest[at + 1..]);
        take_toolchain(&mut after, &mut toolchain);
        return Plan::Cargo(cargo(toolchain, [before, after].concat()));
    }
    let about = if name == "help" { rest.get(at + 1).and_then(|a| a.to_str()) } else { None };
    let help_of_ours = name == "help" && about.is_none_or(|a| OWN.contains(&a)) && rest.len() <= at + 3;
    if OWN.contains(&name) || name == "version" || help_of_ours {
        return Plan::Own { toolchain, args: rest.to_vec() };
    }
    let (args, prompt) = prompt::take(rest);
    Plan::Cargo(CargoCall { prompt, ..cargo(toolchain, args) })
}

fn take_toolchain(rest: &mut &[OsString], toolchain: &mut Option<OsString>) {
    if let [first, others @ ..] = rest
        && first.as_encoded_bytes().first() == Some(&b'+')
    {
        *toolchain = Some(first.clone());
        *rest = others;
    }
}

/// No arguments, `--help` and `--version` are ours; `--list`, `--explain` and whatever else are cargo's.
fn without_command(toolchain: Option<OsString>, rest: &[OsString]) -> Plan {
    let seen = flags::observe(rest);
    let listing = rest.iter().any(|a| a == "--list" || a == "--");
    if toolchain.is_none() && (rest.is_empty() || ((seen.help || seen.version) && !listing)) {
        return Plan::Own { toolchain, args: rest.to_vec() };
    }
    Plan::Cargo(cargo(toolchain, rest.to_vec()))
}

fn cargo(toolchain: Option<OsString>, args: Vec<OsString>) -> CargoCall {
    let seen = flags::observe(&args);
    let command = words::subcommand(&args).and_then(|at| args[at].to_str());
    let builds = command.is_some_and(|c| !NOT_BUILDING.contains(&c)) && !seen.help && !seen.version;
    let cleans = command == Some("clean") && !seen.help;
    CargoCall { toolchain, args, seen, builds, cleans, prompt: None }
}

#[cfg(test)]
mod tests;
