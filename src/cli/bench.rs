//! `bench`: what builds of the project at hand cost with plain cargo, with us, and with other caches.
//!
//! It chooses what is measured and says where the figures go; [`crate::bench`] does the rest. Data goes to standard output or
//! to a file, progress to standard error.

use std::{ffi::OsString, os::unix::process::ExitStatusExt, path::PathBuf, process::ExitStatus};

use clap::Args;

use super::{cargo, context::Context, error::CliError, exit, signals};
use crate::{
    base::{
        fs::{Durability, write_atomic},
        process::exit_like,
    },
    bench::{
        self, Wish,
        error::BenchError,
        export::{Export, Format},
        scenario::Scenario,
        tool::Tool,
    },
};

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct BenchArgs {
    /// How often everything is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub iterations: u32,
    /// Rounds before that, of which nothing is kept
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=100))]
    pub warmup: u32,
    /// Other caches that are measured, too: sccache, kache, mbx
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub vs: Vec<Tool>,
    /// Only these: cold, no-op, warm, other, first-edit, private-fn, comment, doc, signature
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub scenario: Vec<Scenario>,
    /// Print the report as `md`, `json` or `csv`, or write it to a file that ends so
    #[arg(long, value_name = "WHERE")]
    pub export: Vec<Export>,
    /// Print the report as JSON (schema version 1)
    #[arg(long)]
    pub json: bool,
    /// Edit this file, named from the root of the project
    #[arg(long, value_name = "FILE")]
    pub edit: Option<PathBuf>,
    /// Work below this directory
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    /// Leave the scratch directory, with all logs
    #[arg(long)]
    pub keep: bool,
    #[command(flatten)]
    pub cargo: CargoArgs,
}

/// Flags of cargo's that choose what is built.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "As cargo's")]
pub struct CargoArgs {
    /// With the release profile
    #[arg(short, long, conflicts_with = "profile")]
    pub release: bool,
    /// With this profile
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Only these packages
    #[arg(short, long, value_name = "SPEC")]
    pub package: Vec<String>,
    /// All packages of the workspace
    #[arg(long)]
    pub workspace: bool,
    /// With these features
    #[arg(short = 'F', long, value_name = "NAMES")]
    pub features: Vec<String>,
    /// With all features
    #[arg(long)]
    pub all_features: bool,
    /// Without the default features
    #[arg(long)]
    pub no_default_features: bool,
    /// The project of this Cargo.toml
    #[arg(long, value_name = "FILE")]
    pub manifest_path: Option<PathBuf>,
    /// What cargo is to do, with any flags of its own (default: build)
    #[arg(last = true, value_name = "COMMAND")]
    pub command: Vec<OsString>,
}

impl CargoArgs {
    /// As words for cargo.
    fn words(&self) -> Vec<OsString> {
        let (command, rest) = self.command.split_first().map_or((OsString::from("build"), &[][..]), |(c, r)| (c.clone(), r));
        let mut words = vec![command];
        let flags = [
            ("--release", self.release),
            ("--workspace", self.workspace),
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
        ];
        words.extend(flags.into_iter().filter(|(_, on)| *on).map(|(name, _)| name.into()));
        let pairs = [("--package", &self.package), ("--features", &self.features)];
        let profile: Vec<String> = self.profile.iter().cloned().collect();
        for (name, values) in pairs.into_iter().chain([("--profile", &profile)]) {
            words.extend(values.iter().flat_map(|v| [OsString::from(name), v.into()]));
        }
        // Nothing may change, and nothing is downloaded, while the clock runs.
        words.extend(["--locked".into(), "--offline".into()]);
        words.extend_from_slice(rest);
        words
    }
}

/// Runs the command.
///
/// # Errors
/// If nothing could be measured. After a signal the process ends as that signal would have ended it.
pub fn run(ctx: &mut Context, args: &BenchArgs) -> Result<i32, CliError> {
    let cargo = cargo::find(ctx, false).ok_or(CliError::NoCargo)?;
    let manifest = args.cargo.manifest_path.as_ref().map(|file| ctx.cwd.join(file));
    let dir = manifest.as_ref().and_then(|file| file.parent()).unwrap_or(&ctx.cwd).canonicalize();
    let dir = dir.map_err(|_| BenchError::NoProject(manifest.unwrap_or_else(|| ctx.cwd.clone())))?;
    if !dir.ancestors().any(|d| d.join("Cargo.toml").is_file()) {
        return Err(BenchError::NoProject(dir).into());
    }
    let mut tools = vec![Tool::Plain, Tool::Hyperopt];
    tools.extend(Tool::OTHERS.into_iter().filter(|t| args.vs.contains(t)));
    let asked = |s: &Scenario| args.scenario.is_empty() || args.scenario.contains(s);
    let wish = Wish {
        dir,
        env: ctx.env.clone(),
        cargo,
        hyperopt: ctx.exe.clone(),
        words: args.cargo.words(),
        tools,
        scenarios: Scenario::ALL.into_iter().filter(asked).collect(),
        iterations: args.iterations,
        warmup: args.warmup,
        edit: args.edit.clone(),
        scratch: args.scratch.as_ref().map(|dir| ctx.cwd.join(dir)),
        keep: args.keep,
    };
    signals::notice();
    let report = match bench::run(&wish, &mut ctx.printer, &signals::noticed) {
        Err(BenchError::Stopped(signal)) => {
            ctx.printer.status_warning("Stopped", "nothing of it is left");
            exit_like(ExitStatus::from_raw(signal));
        }
        result => result?,
    };
    report.warnings.iter().for_each(|w| ctx.printer.warning(w));
    for file in args.export.iter().filter_map(|e| e.file.as_ref().map(|f| (e.format, ctx.cwd.join(f)))) {
        let text = file.0.render(&report)? + "\n";
        write_atomic(&file.1, text.as_bytes(), 0o666, Durability::Lazy).map_err(BenchError::Io)?;
        ctx.printer.status("Written", file.1.display());
    }
    let asked = args.export.iter().rev().find(|e| e.file.is_none()).map(|e| e.format);
    let format = if args.json { Format::Json } else { asked.unwrap_or(Format::Markdown) };
    ctx.printer.data(format.render(&report)?);
    let is_valid = report.cells.iter().all(|c| c.invalid.is_none());
    Ok(if is_valid { exit::OK } else { exit::NO })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn parse(line: &str) -> Option<BenchArgs> {
        match Cli::try_parse_from(line.split(' ')).ok()?.command? {
            Command::Bench(args) => Some(*args),
            _ => None,
        }
    }

    #[test]
    fn flags_of_cargos_become_words_and_lists_are_checked() {
        let args = parse("x bench --vs kache,sccache --scenario other,doc --release -p a -F b --export a.csv -- check --lib");
        let args = args.expect("understood");
        let words = "check --release --package a --features b --locked --offline --lib";
        assert_eq!(args.cargo.words().join(" ".as_ref()), words);
        assert_eq!((args.vs, args.scenario), (vec![Tool::Kache, Tool::Sccache], vec![Scenario::Other, Scenario::Doc]));
        assert_eq!(parse("x bench").expect("understood").iterations, 3);
        for bad in ["--vs ccache", "--scenario hot", "--export a.txt", "--iterations 0"] {
            assert_eq!(parse(&format!("x bench {bad}")), None, "{bad}");
        }
    }
}
