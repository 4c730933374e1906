//! Whether a file that was written is another one. Builds write files too: a build script that writes the same source each time
//! must not make its own build begin anew.
//!
//! It must never hide a change that somebody has made while nothing ran: only what happens during a run is looked at this way.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::PathBuf,
};

use crate::base::digest::Digest;

/// Files that are remembered; with more it is a checkout, and no build.
const MOST: usize = 500;
/// Above this a file counts as changed.
const LARGEST: u64 = 4 << 20;

/// Contents as they were when they last made a difference.
#[derive(Default)]
pub struct Seen(HashMap<PathBuf, Option<Digest>>);

impl Seen {
    /// Those of the paths that count, as they are now; with `strictly`, only those with another content.
    pub fn take(&mut self, paths: BTreeSet<PathBuf>, strictly: bool) -> BTreeSet<PathBuf> {
        if paths.len() > MOST {
            self.0.clear();
            return paths;
        }
        if self.0.len() > 4 * MOST {
            self.0.clear();
        }
        let differs = |path: &PathBuf| {
            let now = content(path);
            let before = self.0.insert(path.clone(), now);
            !strictly || before != Some(now) || now.is_none()
        };
        paths.into_iter().filter(differs).collect()
    }
}

/// Nothing if there is none, or too much.
fn content(path: &PathBuf) -> Option<Digest> {
    let is_small = fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() <= LARGEST);
    is_small.then(|| fs::read(path).ok().map(|bytes| Digest::of(&bytes)))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_counts_once_during_a_run_and_always_without_one() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let file = dir.path().join("generated.rs");
        let paths = || BTreeSet::from([file.clone()]);
        let mut seen = Seen::default();
        fs::write(&file, "one").expect("written");
        assert_eq!(seen.take(paths(), true).len(), 1, "not known yet");
        assert_eq!(seen.take(paths(), true).len(), 0);
        assert_eq!(seen.take(paths(), false).len(), 1);
        fs::write(&file, "two").expect("written");
        assert_eq!(seen.take(paths(), true).len(), 1);
        fs::remove_file(&file).expect("removed");
        assert_eq!(seen.take(paths(), true).len(), 1);
    }
}
