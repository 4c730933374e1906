//! The last layer: the command line. Chooses between cargo's commands, which pass through, and ours.
//!
//! Each command is one file. A command of ours that fails says `error:` and `hint:` and ends with a code of [`exit`]; a
//! build never fails because of us.

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

pub mod advise;
pub mod analyze;
pub mod args;
pub mod bar;
pub mod bench;
pub mod build;
pub mod cache;
pub mod cargo;
pub mod complete;
pub mod context;
pub mod daemon;
pub mod diff;
pub mod doctor;
pub mod error;
pub mod exit;
pub mod flags;
pub mod init;
pub mod man;
pub mod plan;
pub mod prompt;
pub mod seeding;
pub mod signals;
pub mod stats;
pub mod why;
pub mod warmup;
pub mod watch;
pub mod wiring;

use args::{Cli, Command};
use context::Context;
use error::CliError;
use plan::Plan;

use crate::base::personality::{AHEAD, SEED, WARMUP};

/// Runs a command line (with the program's name in front) and gives the exit code.
pub fn main(args: Vec<OsString>) -> i32 {
    if let [_, word, pid] = args.as_slice()
        && word == SEED
    {
        seeding::for_cargo(&Context::current(None), pid);
        return exit::OK;
    }
    if let [_, word, rest @ ..] = args.as_slice()
        && word == AHEAD
    {
        return watch::ahead(&mut Context::current(None), rest);
    }
    let args = match args.as_slice() {
        [program, word, log, rest @ ..] if word == WARMUP => {
            warmup::enter(log.as_ref());
            std::iter::once(program).chain(rest).cloned().collect()
        }
        _ => args,
    };
    let plan = plan::plan(&args);
    let color = match &plan {
        Plan::Cargo(call) => call.seen.color,
        Plan::Own { args, .. } => flags::observe(args).color,
    };
    let mut ctx = Context::current(color);
    if complete::answer(&mut ctx, &args) {
        return exit::OK;
    }
    run(&mut ctx, plan)
}

/// Runs a plan in `ctx`.
pub fn run(ctx: &mut Context, plan: Plan) -> i32 {
    let result = match plan {
        Plan::Cargo(call) => build::run(ctx, &call),
        Plan::Own { toolchain, args } => own(ctx, toolchain, &args),
    };
    result.unwrap_or_else(|error| {
        error.tell(&mut ctx.printer);
        error.exit()
    })
}

fn own(ctx: &mut Context, toolchain: Option<OsString>, args: &[OsString]) -> Result<i32, CliError> {
    let program = OsString::from("rustc-hyperopt");
    let cli = match Cli::try_parse_from(std::iter::once(&program).chain(args)) {
        Ok(cli) => cli,
        Err(error) => return Ok(explain(ctx, &error, args)),
    };
    ctx.printer.quiet = cli.quiet;
    if let Some(name) = toolchain.as_ref().filter(|_| !matches!(cli.command, Some(Command::Warmup(_) | Command::Watch(_)))) {
        return Err(CliError::Toolchain(name.to_string_lossy().into_owned()));
    }
    match cli.command {
        None => {
            let help = Cli::command().render_help();
            let text = if ctx.printer.out_theme().is_on() { help.ansi().to_string() } else { help.to_string() };
            ctx.printer.data(text.trim_end());
            Ok(exit::OK)
        }
        Some(Command::Version) => {
            ctx.printer.data(concat!("rustc-hyperopt ", env!("CARGO_PKG_VERSION")));
            Ok(exit::OK)
        }
        Some(Command::Completions { shell }) => complete::run(ctx, shell),
        Some(Command::Man(args)) => man::run(ctx, &args),
        Some(Command::Analyze(args)) => analyze::run(ctx, &args),
        Some(Command::Stats(args)) => stats::run(ctx, args),
        Some(Command::Cache(args)) => cache::run(ctx, &args),
        Some(Command::Why(args)) => why::run(ctx, &args),
        Some(Command::Doctor) => Ok(doctor::run(ctx)),
        Some(Command::Watch(args)) => watch::run(ctx, &args, toolchain),
        Some(Command::Init(args)) => init::run(ctx, &args),
        Some(Command::Bench(args)) => bench::run(ctx, &args),
        Some(Command::Warmup(warm)) => warmup::run(ctx, &warm, toolchain, args),
    }
}

/// Prints what clap has to say: help and version are data, the rest are messages.
fn explain(ctx: &mut Context, error: &clap::Error, args: &[OsString]) -> i32 {
    let rendered = error.render();
    let theme = if error.use_stderr() { ctx.printer.err_theme() } else { ctx.printer.out_theme() };
    let text = if theme.is_on() { rendered.ansi().to_string() } else { rendered.to_string() };
    if !error.use_stderr() {
        ctx.printer.data(text.trim_end());
        return exit::OK;
    }
    ctx.printer.say(text.trim_end());
    let name = crate::cargo::words::subcommand(args).and_then(|at| args[at].to_str());
    if let Some(name @ ("init" | "bench")) = name {
        ctx.printer.hint(format_args!("`rustc-hyperopt cargo {name} …` runs cargo's"));
    }
    exit::FAILED
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::context::planted::Planted;

    fn said(line: &str) -> (i32, String, String) {
        let mut planted = Planted::new(&[]);
        let args: Vec<OsString> = std::iter::once("rustc-hyperopt").chain(line.split_whitespace()).map(Into::into).collect();
        let code = run(&mut planted.ctx, plan::plan(&args));
        (code, planted.said.out(), planted.said.err())
    }

    #[test]
    fn help_and_version_are_data() {
        for line in ["", "help", "-h", "--help", "help stats", "cache --help", "version", "-V", "--version"] {
            let (code, out, err) = said(line);
            assert_eq!((code, err.as_str(), out.is_empty()), (0, "", false), "{line}");
        }
        assert_eq!(said("--version").1, said("version").1);
    }

    #[test]
    fn wrong_usage_is_two_and_names_the_way_out() {
        let cases = [
            ("bench --no-run", "--no-run", "`rustc-hyperopt cargo bench …` runs cargo's"),
            ("stats --detaild", "--detaild", "--detailed"),
            ("init --lib", "--lib", "`rustc-hyperopt cargo init …` runs cargo's"),
            ("+nightly stats", "+nightly", "cargo"),
            ("cache verfy", "verfy", "verify"),
        ];
        for (line, what, way) in cases {
            let (code, out, err) = said(line);
            assert_eq!((code, out.as_str()), (exit::FAILED, ""), "{line}");
            assert!(err.starts_with("error: ") && err.contains(what) && err.contains(way), "{line}: {err}");
        }
    }
}
