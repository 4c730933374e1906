//! A circuit breaker in a file: once a daemon did not answer in time, other wrappers do not wait for it either.
//!
//! The file holds when to try again (seconds since 1970) and how often it has failed. Anything odd about it, an
//! unreadable file or a time too far ahead, means "closed": at worst one more short wait.

use std::path::{Path, PathBuf};

use super::address;
use crate::base::{clock, fs};

/// The first pause in seconds; it doubles with each failure up to [`LONGEST`].
const FIRST: u64 = 10;
const LONGEST: u64 = 300;

/// Where it is.
pub fn file(store: &Path) -> PathBuf {
    address::location(store).join("breaker")
}

fn read(store: &Path) -> Option<(u64, u32)> {
    let text = std::fs::read_to_string(file(store)).ok()?;
    let (until, failures) = text.trim().split_once(' ')?;
    Some((until.parse().ok()?, failures.parse().ok()?))
}

/// Whether the daemon should be left alone for now.
pub fn is_open(store: &Path) -> bool {
    let now = clock::wall_secs();
    read(store).is_some_and(|(until, _)| now < until && until <= now + LONGEST)
}

/// Notes that the daemon did not answer.
pub fn trip(store: &Path) {
    let failures = read(store).map_or(0, |(_, n)| n.min(10));
    let until = clock::wall_secs() + (FIRST << failures).min(LONGEST);
    drop(fs::write_atomic(&file(store), format!("{until} {}", failures + 1).as_bytes(), 0o600, fs::Durability::Lazy));
}

/// Notes that it answers.
pub fn reset(store: &Path) {
    drop(std::fs::remove_file(file(store)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_and_closes() {
        let dir = tempfile::tempdir().expect("temporary directory");
        address::run_dir(dir.path()).expect("made");
        assert!(!is_open(dir.path()));
        trip(dir.path());
        assert!(is_open(dir.path()));
        reset(dir.path());
        assert!(!is_open(dir.path()));
        for odd in ["", "x y", "99999999999 1", "0 1"] {
            std::fs::write(file(dir.path()), odd).expect("written");
            assert!(!is_open(dir.path()), "{odd:?}");
        }
    }
}
