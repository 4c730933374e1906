//! The flags of `warmup`. Those that cargo has as well mean what they mean there.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

/// Crates that `--popular` takes without a number.
const POPULAR: &str = "20";

#[derive(Debug, Clone, Default, PartialEq, Args)]
pub struct WarmupArgs {
    #[command(flatten)]
    pub steps: StepArgs,
    /// Prepare every project with a Cargo.lock below these directories; without any, those that were built before
    #[arg(long, value_name = "DIR", num_args = 0..)]
    pub scan_crates: Option<Vec<PathBuf>>,
    /// Prepare the crates that most projects use
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = POPULAR)]
    pub popular: Option<usize>,
    /// Only say what would be done
    #[arg(long, visible_alias = "dry-run")]
    pub list: bool,
    /// Begin nothing new, and break off, after so many minutes
    #[arg(long, value_name = "N", value_parser = positive)]
    pub budget_minutes: Option<f64>,
    /// Stop when the cache has grown by so much
    #[arg(long, value_name = "N", value_parser = positive)]
    pub max_size_gb: Option<f64>,
    /// Return at once and go on in the background
    #[arg(long, conflicts_with = "list")]
    pub background: bool,
    /// Say how far a warm-up is, or how the last one ended
    #[arg(long, exclusive = true)]
    pub status: bool,
    /// End the warm-up that is under way
    #[arg(long, exclusive = true)]
    pub stop: bool,
    // Last, because their headings hold for everything behind them.
    #[command(flatten)]
    pub cargo: CargoArgs,
    #[command(flatten)]
    pub own: OwnArgs,
}

/// What to prepare for; without any, all three for the dev profile, and building alone for others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Args)]
pub struct StepArgs {
    /// Prepare for `cargo build` (and for nothing that is not named)
    #[arg(long)]
    pub build: bool,
    /// Prepare for `cargo check`, and for editors that run it with `--workspace --all-targets`
    #[arg(long)]
    pub check: bool,
    /// Prepare for `cargo test`
    #[arg(long)]
    pub test: bool,
}

/// What makes sense for any project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "As cargo's")]
pub struct CargoArgs {
    /// Prepare for the release profile
    #[arg(short, long, conflicts_with = "profile")]
    pub release: bool,
    /// Prepare for this profile
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Prepare for this target
    #[arg(long, value_name = "TRIPLE")]
    pub target: Vec<String>,
    /// Compile so many crates at a time
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<String>,
    /// Download nothing
    #[arg(long)]
    pub offline: bool,
}

/// What makes sense for the project at hand only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
#[command(next_help_heading = "As cargo's, for the project at hand")]
#[group(id = "at-hand", multiple = true, conflicts_with_all = ["scan_crates", "popular"])]
pub struct OwnArgs {
    /// With these features
    #[arg(short = 'F', long, value_name = "NAMES")]
    pub features: Vec<String>,
    /// With all features
    #[arg(long)]
    pub all_features: bool,
    /// Without the default features
    #[arg(long)]
    pub no_default_features: bool,
    /// Only these packages
    #[arg(short, long, value_name = "SPEC")]
    pub package: Vec<String>,
    /// All packages of the workspace
    #[arg(long)]
    pub workspace: bool,
    /// With `--workspace`: not these packages
    #[arg(long, value_name = "SPEC")]
    pub exclude: Vec<String>,
    /// Also tests, examples and benches
    #[arg(long)]
    pub all_targets: bool,
    /// The project of this Cargo.toml
    #[arg(long, value_name = "FILE")]
    pub manifest_path: Option<PathBuf>,
    /// Do not change Cargo.lock
    #[arg(long)]
    pub locked: bool,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(n) if n > 0.0 && n.is_finite() => Ok(n),
        _ => Err("must be a number above 0".into()),
    }
}

impl CargoArgs {
    /// As words for cargo.
    pub fn words(&self) -> Vec<OsString> {
        let mut words = Vec::new();
        flag(&mut words, "--release", self.release);
        pairs(&mut words, "--profile", &self.profile);
        pairs(&mut words, "--target", &self.target);
        pairs(&mut words, "--jobs", &self.jobs);
        flag(&mut words, "--offline", self.offline);
        words
    }
}

impl OwnArgs {
    /// As words for cargo.
    pub fn words(&self) -> Vec<OsString> {
        let mut words = Vec::new();
        pairs(&mut words, "--features", &self.features);
        flag(&mut words, "--all-features", self.all_features);
        flag(&mut words, "--no-default-features", self.no_default_features);
        pairs(&mut words, "--package", &self.package);
        flag(&mut words, "--workspace", self.workspace);
        pairs(&mut words, "--exclude", &self.exclude);
        flag(&mut words, "--all-targets", self.all_targets);
        if let Some(file) = &self.manifest_path {
            words.extend(["--manifest-path".into(), file.into()]);
        }
        flag(&mut words, "--locked", self.locked);
        words
    }

    /// Which targets are meant was said.
    pub fn selects(&self) -> bool {
        self.workspace || self.all_targets || !self.package.is_empty()
    }
}

fn flag(words: &mut Vec<OsString>, name: &str, given: bool) {
    words.extend(given.then(|| name.into()));
}

fn pairs<'a>(words: &mut Vec<OsString>, name: &str, values: impl IntoIterator<Item = &'a String>) {
    words.extend(values.into_iter().flat_map(|v| [name.into(), v.into()]));
}
