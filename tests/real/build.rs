//! One case: built with us in two directories and with plain cargo in a third, and all of it compared.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use crate::{
    Case, baked,
    support::{Run, Sandbox, Stats, exe, oracle},
};

/// What a case has to tell.
pub struct Figures {
    hits: u64,
    misses: u64,
    seeded: u64,
    compared: usize,
    cold: Duration,
    warm: Duration,
    fresh: Duration,
    plain: Duration,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [cold, warm, fresh, plain] = [self.cold, self.warm, self.fresh, self.plain].map(|d| d.as_secs_f64());
        let Self { hits, misses, seeded, compared, .. } = self;
        write!(f, "{hits} hits, {misses} misses; {seeded} seeded; {compared} files equal; ")?;
        write!(f, "cold {cold:.2} s, other directory {warm:.2} s, seeded {fresh:.2} s, plain cargo {plain:.2} s")
    }
}

/// Cargo alone, with the user's cargo home and without the user's wrapper.
pub fn cargo(sandbox: &Sandbox, dir: &Path, args: &[&str]) -> Run {
    let mut command = sandbox.command("cargo", dir);
    Run::of(command.args(args).env("CARGO_HOME", cargo_home()).env("RUSTC_WRAPPER", ""))
}

fn ours(sandbox: &Sandbox, dir: &Path, args: &[&str]) -> Run {
    let mut command = sandbox.command(exe(), dir);
    Run::of(command.args(args).env("CARGO_HOME", cargo_home()))
}

/// As [`ours`], one compile after the other: nothing is put into the target directory beforehand.
fn unseeded(sandbox: &Sandbox, dir: &Path, args: &[&str]) -> Run {
    let mut command = sandbox.command(exe(), dir);
    let command = command.args(args).env("CARGO_HOME", cargo_home());
    Run::of(command.env("RUSTC_HYPEROPT_AI_COLD_START_OPTIMIZATION", "false"))
}

fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home directory")).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

fn timed(run: impl FnOnce() -> Run) -> (Run, Duration) {
    let start = Instant::now();
    let run = run();
    (run.success(), start.elapsed())
}

/// Runs a case.
pub fn run(case: &Case, sources: &Path) -> Figures {
    let sandbox = Sandbox::new();
    let args = case.args();
    // Paths of different lengths, so that nothing fits by chance.
    let [first, second, third, fourth] = ["a", "another/place/b", "plain", "seeds"].map(|name| sandbox.copy(sources, name));

    let (_, cold) = timed(|| ours(&sandbox, &first, &args));
    let stats = sandbox.take_stats();
    assert!(stats.hits() == 0 && stats.misses() > 0 && stats.bypasses() == 0, "cold: {:#}", stats.0);
    assert!(stats.troubles().is_empty(), "cold: {:#}", stats.0);

    let (_, warm) = timed(|| unseeded(&sandbox, &second, &args));
    let stats = sandbox.take_stats();
    let missed = missed(&sandbox, &stats);
    let expected: BTreeMap<String, String> =
        baked::of(case).iter().map(|b| (b.crate_name.to_owned(), b.reason.to_owned())).collect();
    assert_eq!(reasons(&missed), expected, "in another directory: {missed:#?}\n{:#}", stats.0);
    assert!(stats.hits() > 0 && stats.bypasses() == 0 && stats.troubles().is_empty(), "other directory: {:#}", stats.0);

    // At its end the daemon takes in what the first build has left; before that, only part of it can be put in place.
    sandbox.stop_daemon();
    let (_, fresh) = timed(|| ours(&sandbox, &fourth, &args));
    let after = sandbox.take_stats();
    let seeded = after.0["totals"]["seeded"].as_u64().unwrap_or_default();
    assert!(seeded > after.hits() && after.misses() <= stats.misses() && after.troubles().is_empty(), "seeded: {:#}", after.0);

    let (_, plain) = timed(|| cargo(&sandbox, &third, &args));
    let mut compared = 0;
    for dir in [&second, &fourth] {
        cargo(&sandbox, dir, &args).assert_no_op();
        compared += if case.command == "check" { 0 } else { compare(case, &third, dir) };
    }
    Figures { hits: stats.hits(), misses: stats.misses(), seeded, compared, cold, warm, fresh, plain }
}

/// What `why` says of a unit.
#[derive(Debug)]
struct Missed {
    crate_name: String,
    reason: String,
    #[expect(dead_code, reason = "shown when the test fails")]
    unit: String,
    #[expect(dead_code, reason = "shown when the test fails")]
    sentence: String,
}

fn reasons(missed: &[Missed]) -> BTreeMap<String, String> {
    missed.iter().map(|m| (m.crate_name.clone(), m.reason.clone())).collect()
}

/// The units that were compiled since the last call of `take_stats`, as `why --json` tells of them.
fn missed(sandbox: &Sandbox, stats: &Stats) -> Vec<Missed> {
    let dir = sandbox.path("home");
    let ask = |args: &[&str]| ours(sandbox, &dir, args).success().json();
    let newest = usize::try_from(stats.hits() + stats.misses() + stats.bypasses()).expect("few");
    let history = ask(&["stats", "--detailed", "--json"]);
    let events = history["events"].as_array().cloned().unwrap_or_default();
    let mut crates: Vec<String> = events
        .iter()
        .filter(|e| e["outcome"] != "seeded")
        .take(newest)
        .filter(|e| e["outcome"] != "hit")
        .map(|e| text(&e["crate"]))
        .collect();
    crates.sort();
    crates.dedup();
    let units = crates.iter().flat_map(|name| ask(&["why", name, "--json"])["units"].as_array().cloned().unwrap_or_default());
    let units = units.filter(|u| u["outcome"] != "hit");
    units
        .map(|u| Missed {
            crate_name: text(&u["crate"]),
            reason: text(&u["reason"]),
            unit: text(&u["unit"]),
            sentence: text(&u["sentence"]),
        })
        .collect()
}

fn text(value: &serde_json::Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Compares machine code and what the program says; gives the number of files compared.
fn compare(case: &Case, plain: &Path, ours: &Path) -> usize {
    let deps = |root: &Path| root.join("target").join(case.dir()).join("deps");
    let mut compared = 0;
    for entry in fs::read_dir(deps(plain)).expect("built").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let is_code = name.ends_with(".rlib") || name.ends_with(".so") || !name.contains('.');
        if is_code && !baked::of(case).iter().any(|b| b.made(&name)) {
            oracle::assert_same_code(&entry.path(), &deps(ours).join(&name));
            compared += 1;
        }
    }
    assert!(compared > 0, "nothing to compare in {}", plain.display());
    let program = |root: &Path| root.join("target").join(case.dir()).join(case.subject.program);
    if program(plain).exists() {
        oracle::assert_same_code(&program(plain), &program(ours));
        let [theirs, ours] = [plain, ours].map(|root| {
            let mut command = std::process::Command::new(program(root));
            Run::of(command.arg(case.subject.argument)).success().stdout()
        });
        assert_eq!(theirs, ours);
        assert!(ours.starts_with(case.subject.answer), "{ours}");
    }
    compared
}
