//! What it costs to reduce a source file that was never seen: all of this project's sources, or those below the directory
//! that `HYPEROPT_SOURCES` names, per thousand lines.

#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use divan::{Bencher, counter::ItemsCount};
use rustc_hyperopt::semantic::facts::{self, Rules};

fn main() {
    divan::main();
}

/// The texts below a folder.
fn texts(dir: &Path, into: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("listed").flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(fs::read_to_string(path).expect("read"));
        }
    }
}

/// Counts lines, so that 5 ms per 1,000 lines are 200 thousand items a second.
#[divan::bench(args = [false, true])]
fn reduce(bencher: Bencher<'_, '_>, metadata_only: bool) {
    let mut all = Vec::new();
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    texts(&std::env::var_os("HYPEROPT_SOURCES").map_or(ours, PathBuf::from), &mut all);
    let lines = all.iter().map(|t| t.lines().count()).sum();
    bencher.counter(ItemsCount::new::<usize>(lines)).bench_local(|| {
        let reduced = all.iter().filter_map(|text| facts::of(text, Rules::new(metadata_only, false)).ok());
        reduced.map(|facts| facts.lines.len()).sum::<usize>()
    });
}
