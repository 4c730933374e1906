//! Learns `src/predict/popular.tsv` from manifests: how many projects use a crate, in which line of versions, with which
//! features.
//!
//! `cargo run --example learn-popular -- cargo-deps.jsonl > src/predict/popular.tsv`
//!
//! One JSON object a line, one project each: `deps` and `build_deps` map a crate to `req`, `features`, `default_features` and,
//! where it is not from the registry, `source`. Development dependencies do not count: they say little about what is built.

use std::{
    collections::{BTreeMap, HashMap},
    error::Error,
    fs,
    io::{self, Write},
};

use serde::Deserialize;

/// Crates used by fewer projects say more about the sample than about the world.
const FEWEST: usize = 3;

#[derive(Deserialize)]
struct Project {
    #[serde(default)]
    deps: HashMap<String, Dependency>,
    #[serde(default)]
    build_deps: HashMap<String, Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    req: Option<String>,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default = "yes")]
    default_features: bool,
    source: Option<serde_json::Value>,
}

fn yes() -> bool {
    true
}

#[derive(Default)]
struct Crate {
    projects: usize,
    lines: BTreeMap<Vec<u64>, usize>,
    features: BTreeMap<(Vec<String>, bool), usize>,
}

/// The versions that a plain requirement allows, as what they have in common: `1`, `0.4`, `0.0.3`. Ranges say nothing.
fn line(req: &str) -> Option<Vec<u64>> {
    let plain = req.trim().trim_start_matches(['^', '~', '=', ' ']);
    let numbers: Vec<u64> = plain.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let until = numbers.iter().position(|n| *n > 0).map_or(numbers.len(), |at| at + 1);
    Some(numbers[..until].to_vec())
}

/// The most frequent one; of equals the last in order, which is the newest line.
fn most<K>(counts: BTreeMap<K, usize>) -> Option<K> {
    counts.into_iter().max_by_key(|(_, n)| *n).map(|(key, _)| key)
}

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).ok_or("the file with the manifests is missing")?;
    let mut crates: HashMap<String, Crate> = HashMap::new();
    let mut projects = 0;
    for text in fs::read_to_string(path)?.lines() {
        let project: Project = serde_json::from_str(text)?;
        projects += 1;
        let all: HashMap<String, Dependency> = project.build_deps.into_iter().chain(project.deps).collect();
        for (name, dependency) in all {
            if dependency.source.is_some() {
                continue;
            }
            let entry = crates.entry(name).or_default();
            entry.projects += 1;
            if let Some(line) = dependency.req.as_deref().and_then(line) {
                *entry.lines.entry(line).or_default() += 1;
            }
            let mut features = dependency.features;
            features.sort();
            features.dedup();
            *entry.features.entry((features, dependency.default_features)).or_default() += 1;
        }
    }
    let mut rows: Vec<_> = crates.into_iter().filter(|(_, c)| c.projects >= FEWEST).collect();
    rows.sort_by(|(a, x), (b, y)| y.projects.cmp(&x.projects).then_with(|| a.cmp(b)));
    let mut out = io::stdout().lock();
    writeln!(out, "# Learnt by tools/learn_popular.rs from {projects} manifests; see src/predict/popular.rs for their limits.")?;
    writeln!(out, "# crate\trequirement\tfeatures\tdefault features\tprojects of {projects}")?;
    for (name, found) in rows {
        let (Some(line), Some((features, default))) = (most(found.lines), most(found.features)) else { continue };
        let line: Vec<String> = line.iter().map(u64::to_string).collect();
        let default = if default { "yes" } else { "no" };
        writeln!(out, "{name}\t{}\t{}\t{default}\t{}", line.join("."), features.join(","), found.projects)?;
    }
    Ok(())
}
