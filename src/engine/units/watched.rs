//! Files that lie outside of what cargo has downloaded and that a unit was made from all the same: system headers that a
//! build script names, data that a crate includes by an absolute path.
//!
//! Cargo compares their times with that of the result. In a fresh directory that is not enough: a package manager installs
//! files that are older than the result which another directory has made from their predecessors. So their content is part
//! of the unit. It must never open anything but plain files.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::Refused;
use crate::{
    base::{
        clock::Nanos,
        digest::{Digest, DigestFile},
    },
    store::Store,
};

/// What a build script's output asks cargo to look at.
const ASKS: [&[u8]; 2] = [b"cargo:rerun-if-changed=", b"cargo::rerun-if-changed="];

/// What makes cargo run a build script only when something it names has changed.
const DECLARES: [&[u8]; 2] = [b"cargo:rerun-if-", b"cargo::rerun-if-"];

/// Variables that a build script names.
pub(super) fn variables(said: &[u8]) -> Vec<String> {
    const ASKS: [&[u8]; 2] = [b"cargo:rerun-if-env-changed=", b"cargo::rerun-if-env-changed="];
    let name = |line: &[u8]| ASKS.iter().find_map(|ask| line.strip_prefix(*ask)).map(|n| String::from_utf8_lossy(n).into_owned());
    said.split(|b| *b == b'\n').filter_map(|line| name(line.trim_ascii())).collect()
}

/// Whether a build script says at all what it depends on.
pub(super) fn is_declared(said: &[u8]) -> bool {
    said.split(|b| *b == b'\n').any(|line| DECLARES.iter().any(|d| line.trim_ascii().starts_with(d)))
}

/// Paths in the output of a build script.
pub(super) fn named(said: &[u8]) -> impl Iterator<Item = PathBuf> {
    let path = |line: &[u8]| ASKS.iter().find_map(|ask| line.strip_prefix(*ask)).map(|p| PathBuf::from(OsStr::from_bytes(p)));
    said.split(|b| *b == b'\n').filter_map(move |line| path(line.trim_ascii()))
}

/// The content of those files that do not lie in one of the directories; none may be newer than what was made of it.
///
/// # Errors
/// If it is no plain file, or newer.
pub(super) fn contents(
    store: &Store,
    files: impl Iterator<Item = PathBuf>,
    apart_from: &[&Path],
    made: Nanos,
) -> Result<Vec<(String, Digest)>, Refused> {
    let outside = files.filter(|f| f.is_absolute() && !apart_from.iter().any(|dir| f.starts_with(dir)));
    let mut watched = Vec::new();
    for file in outside {
        let name = file.to_str().ok_or(Refused::Outside)?;
        let (digest, _) = content(store, &file).filter(|(_, mtime)| *mtime <= made).ok_or(Refused::Outside)?;
        watched.push((name.to_owned(), digest));
    }
    watched.sort();
    watched.dedup();
    Ok(watched)
}

/// The latest write time of the files, if their content is what it was.
pub(super) fn unchanged(store: &Store, watched: &[(String, Digest)]) -> Option<Nanos> {
    let time = |(file, then): &(String, Digest)| {
        let (now, mtime) = content(store, Path::new(file))?;
        (now == *then).then_some(mtime)
    };
    watched.iter().try_fold(Nanos::MIN, |latest, file| Some(latest.max(time(file)?)))
}

fn content(store: &Store, file: &Path) -> Option<(Digest, Nanos)> {
    if !fs::metadata(file).ok()?.is_file() {
        return None;
    }
    store.digest(file).ok().map(|(digest, sig)| (digest, sig.mtime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_ask() {
        let said = b"cargo:rerun-if-changed=build.rs\nnoise\n cargo::rerun-if-changed=/usr/include/a b.h\ncargo:rustc-cfg=x\n";
        let found: Vec<PathBuf> = named(said).collect();
        assert_eq!(found, [Path::new("build.rs"), Path::new("/usr/include/a b.h")]);
    }
}
