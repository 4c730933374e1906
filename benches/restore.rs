//! What it costs to put an output in its place, by way and size in MB. A link costs the same whatever the size.

#![expect(clippy::expect_used, reason = "a benchmark fails by panicking")]

use std::{fs, path::PathBuf};

use divan::{Bencher, counter::BytesCount};
use rustc_hyperopt::base::{
    digest::Digest,
    fs::{Placed, Ways, place, supports_reflink},
};
use tempfile::TempDir;

fn main() {
    divan::main();
}

const MEGABYTES: [usize; 3] = [1, 8, 64];

/// A file of so many MB, the place for it, and its digest.
struct Blob {
    dir: TempDir,
    megabytes: usize,
    digest: Digest,
}

impl Blob {
    fn new(megabytes: usize) -> Self {
        let dir = TempDir::new().expect("temporary directory");
        let bytes: Vec<u8> = (0..megabytes << 18).flat_map(|n| (n as u32).wrapping_mul(0x9E37_79B9).to_le_bytes()).collect();
        fs::write(dir.path().join("blob"), &bytes).expect("written");
        Self { dir, megabytes, digest: Digest::of(&bytes) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn bench(&self, bencher: Bencher<'_, '_>, ways: Ways, expected: Placed) {
        let (from, to) = (self.path("blob"), self.path("output"));
        let remove = || drop(fs::remove_file(&to));
        // No bytes move for a link.
        let bytes = if ways.link { 0 } else { self.megabytes << 20 };
        bencher.counter(BytesCount::new(bytes)).with_inputs(remove).bench_local_values(|()| {
            assert_eq!(place(&from, &to, ways, 0o666).expect("placed"), expected);
        });
    }
}

fn no_reflink() -> bool {
    !TempDir::new().is_ok_and(|dir| supports_reflink(dir.path()))
}

#[divan::bench(args = MEGABYTES)]
fn link(bencher: Bencher<'_, '_>, megabytes: usize) {
    Blob::new(megabytes).bench(bencher, Ways { reflink: false, link: true, digest: None }, Placed::Link);
}

#[divan::bench(args = MEGABYTES, ignore = no_reflink())]
fn reflink(bencher: Bencher<'_, '_>, megabytes: usize) {
    Blob::new(megabytes).bench(bencher, Ways { reflink: true, link: false, digest: None }, Placed::Reflink);
}

#[divan::bench(args = MEGABYTES)]
fn verified_copy(bencher: Bencher<'_, '_>, megabytes: usize) {
    let blob = Blob::new(megabytes);
    blob.bench(bencher, Ways { reflink: false, link: false, digest: Some(blob.digest) }, Placed::Copy);
}
