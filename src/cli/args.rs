//! The commands that are ours, as clap sees them. Cargo's command lines never come here.

use std::{ffi::OsString, path::PathBuf};

use clap::{Args, Parser, Subcommand};

use super::{bench::BenchArgs, warmup::args::WarmupArgs};

/// The program's name, as shells know it.
pub const PROGRAM: &str = "rustc-hyperopt";

const AFTER: &str = "\
Every other command is cargo's and takes cargo's arguments:
  rustc-hyperopt build --release       cargo build --release, through the cache
  rustc-hyperopt +nightly test -- x    any toolchain, any arguments
  rustc-hyperopt cargo init            cargo's command where a name is ours

Help with errors, below cargo's own output, where a build fails:
  rustc-hyperopt build -p              also check, test, clippy and run; a `-p`
                                       that names no package (or `--prompt`)

`RUSTC_HYPEROPT=off` switches the cache off.";

const COMPLETIONS: &str = "\
To have it in every shell that starts:
  bash        source <(rustc-hyperopt completions bash)    in ~/.bashrc
  zsh         source <(rustc-hyperopt completions zsh)     in ~/.zshrc
  fish        rustc-hyperopt completions fish | source     in config.fish
  elvish      eval (rustc-hyperopt completions elvish | slurp)   in rc.elv
  powershell  rustc-hyperopt completions powershell | Out-String |
              Invoke-Expression                            in $PROFILE
Do not keep the text in a file: another version may need another one.";

const INIT: &str = "\
Files that are changed, shown first:
             the user's                             with --project
  cargo      $CARGO_HOME/config.toml                .cargo/config.toml
  vscode     Code/User/settings.json (or VSCodium,  .vscode/settings.json
             Code - OSS)
  zed        zed/settings.json                      .zed/settings.json
  helix      helix/languages.toml                   .helix/languages.toml
  neovim     none: the text for init.lua is printed
The user's lie below ~/.config (vscode on macOS: ~/Library/Application
Support). rust-analyzer is told to run cargo with this program as wrapper, in
a target directory of its own (`target/rust-analyzer`), so that editor and
terminal do not wait for one another. Files of a project name a path of this
machine; keep them out of version control.";

/// Builds Rust through a cache that never compiles the same thing twice on a machine.
#[derive(Debug, Parser)]
#[command(name = "rustc-hyperopt", bin_name = "rustc-hyperopt", version, after_help = AFTER, max_term_width = 80)]
pub struct Cli {
    /// Colours: auto, always, never
    #[arg(long, global = true, value_name = "WHEN", hide_possible_values = true, value_parser = ["auto", "always", "never"])]
    pub color: Option<String>,
    /// Say nothing but data and errors
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Say more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what was restored, what was compiled and why, and the time saved
    Stats(StatsArgs),
    /// Say what builds cost and what would make them faster, from recorded times
    Analyze(AnalyzeArgs),
    /// Show the cache's size, clean it, verify it, or show the configuration
    Cache(CacheArgs),
    /// Say why a crate was compiled, restored or not cached the last time
    Why(WhyArgs),
    /// Look for what keeps the cache from working, and say how to mend it
    Doctor,
    /// Build ahead of time, so that fresh target directories find everything
    Warmup(Box<WarmupArgs>),
    /// Measure builds of this project, side by side with plain cargo and other caches
    Bench(Box<BenchArgs>),
    /// Run a command of cargo's again whenever something has changed
    Watch(WatchArgs),
    /// Make plain `cargo` use the cache (one line in cargo's configuration)
    Init(InitArgs),
    /// Print what makes a shell complete this program's command lines
    #[command(after_help = COMPLETIONS)]
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write all of them
    Man(ManArgs),
    /// Print the version
    Version,
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub struct StatsArgs {
    /// Also show each crate, and what happened last
    #[arg(long)]
    pub detailed: bool,
    /// Print a JSON document (schema version 1) on stdout
    #[arg(long)]
    pub json: bool,
    /// Set the counters to nothing
    #[arg(long, conflicts_with_all = ["detailed", "json"])]
    pub reset: bool,
    /// Compile what was reused after an edit again, and compare (exit code 1 if anything differs)
    #[arg(long, conflicts_with_all = ["detailed", "reset"])]
    pub verify: bool,
    /// With `--verify`: only so many, chosen at random
    #[arg(long, value_name = "N", requires = "verify")]
    pub sample: Option<u64>,
}

#[derive(Debug, Clone, Default, Args)]
pub struct AnalyzeArgs {
    /// Also show the reasons behind each finding, and more of them
    #[arg(long)]
    pub detailed: bool,
    /// Write a page with a timeline and a dependency graph, which needs no other file
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print a JSON document (schema version 1) on stdout
    #[arg(long, conflicts_with = "detailed")]
    pub json: bool,
    /// Link the slowest program again with every linker that is installed, and remember what each takes
    #[arg(long, conflicts_with_all = ["detailed", "html", "json", "apply", "undo"])]
    pub measure_linkers: bool,
    /// Make the change of this name in `Cargo.toml` or your configuration, and show it
    #[arg(long, value_name = "NAME", conflicts_with_all = ["detailed", "html", "json", "undo"])]
    pub apply: Option<String>,
    /// Take the last applied change back
    #[arg(long, conflicts_with_all = ["detailed", "html", "json"])]
    pub undo: bool,
}

#[derive(Debug, Clone, Copy, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct CacheArgs {
    /// Show how large the cache is (the default)
    #[arg(long, group = "what")]
    pub size: bool,
    /// Remove what is too old or too much
    #[arg(long, group = "what")]
    pub clean: bool,
    /// Read every stored byte again and set damaged results aside
    #[arg(long, group = "what")]
    pub verify: bool,
    /// Show each setting, and where its value comes from
    #[arg(long, group = "what")]
    pub config: bool,
    #[command(flatten)]
    pub limits: CleanArgs,
    #[command(subcommand)]
    pub command: Option<CacheCommand>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
pub enum CacheCommand {
    /// Show how large the cache is
    Size,
    /// Remove what is too old or too much
    Clean(CleanArgs),
    /// Read every stored byte again and set damaged results aside (exit code 1 if there were any)
    Verify,
    /// Show each setting, and where its value comes from
    Config,
    /// Do now what waits for a quiet moment (keeping and making incremental state), and wait for it
    Settle,
    /// Store what is waiting and end the background process, if one runs
    Stop,
}

#[derive(Debug, Clone, Copy, Default, Args)]
pub struct CleanArgs {
    /// With `clean`: remove everything
    #[arg(long)]
    pub all: bool,
    /// With `clean`: only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Debug, Clone, Default, Args)]
pub struct WatchArgs {
    /// Plain lines in place of a screen, for editors and CI; so it is wherever stdout is not a terminal
    #[arg(long)]
    pub headless: bool,
    /// The same as JSON lines (schema version 1) on stdout
    #[arg(long)]
    pub json: bool,
    /// check (the default), build, test, clippy or run, and cargo's flags for it
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}

#[derive(Debug, Clone, Args)]
pub struct WhyArgs {
    /// The crate, with `-` or `_`
    #[arg(value_name = "CRATE")]
    pub name: String,
    /// Print a JSON document (schema version 1) on stdout
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Clone, Default, Args)]
pub struct ManArgs {
    /// Write the pages of all commands into this directory, such as ~/.local/share/man/man1
    #[arg(long, value_name = "DIR")]
    pub dir: Option<std::path::PathBuf>,
}

/// Editors that `init --ide` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Editor {
    Vscode,
    Zed,
    Neovim,
    Helix,
}

/// CI systems that `init --ci` knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CiSystem {
    Github,
    Gitlab,
    Jenkins,
}

#[derive(Debug, Clone, Copy, Default, Args)]
#[command(after_help = INIT)]
pub struct InitArgs {
    /// Set rust-analyzer up in this editor instead of plain cargo
    #[arg(long, value_name = "EDITOR", value_enum, conflicts_with = "force")]
    pub ide: Option<Editor>,
    /// Print what a job of this CI system needs, and change nothing
    #[arg(long, value_name = "SYSTEM", value_enum, exclusive = true)]
    pub ci: Option<CiSystem>,
    /// Only say whether it is set up (exit code 1 if not)
    #[arg(long, conflicts_with_all = ["undo", "force", "dry_run"])]
    pub check: bool,
    /// Take back exactly what `init` has added
    #[arg(long, conflicts_with = "force")]
    pub undo: bool,
    /// Change the files of the project in this directory instead of the user's
    #[arg(long)]
    pub project: bool,
    /// Only show what would be changed
    #[arg(long)]
    pub dry_run: bool,
    /// Set another wrapper aside (`--undo` brings it back)
    #[arg(long)]
    pub force: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound_and_its_help_fits() {
        let mut command = Cli::command();
        command.clone().debug_assert();
        command.build();
        assert!(command.render_long_help().to_string().contains("cargo's"));
        fits(&mut command);
    }

    /// In eighty columns, both helps of a command and of those below it.
    fn fits(command: &mut clap::Command) {
        for help in [command.render_help(), command.render_long_help()] {
            let help = help.to_string();
            assert!(help.lines().all(|l| l.chars().count() <= 80), "{help}");
        }
        command.get_subcommands_mut().for_each(fits);
    }

    #[test]
    fn flags_and_subcommands_of_cache_exclude_each_other() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map(drop);
        for good in [
            "x cache",
            "x cache --size",
            "x cache --clean --all --dry-run",
            "x cache clean --all",
            "x stats --verify --sample 5 --json",
            "x analyze --html r.html --detailed",
            "x --color never cache config",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "x cache --size --clean",
            "x cache --size clean",
            "x cache size --all",
            "x stats --reset --json",
            "x stats --sample 5",
            "x stats --verify --detailed",
            "x init --check --undo",
            "x analyze --apply x --undo",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
