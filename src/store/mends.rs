//! How errors were mended, for when one of their kind comes again.
//!
//! It must never know what an error is: kinds are digests that others make, and the texts have no secrets in them when they come.
//! There are so many at most, and of so many bytes; the oldest go. What cannot be read is forgotten.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Table, index::Changes, lock};
use crate::{
    artifact::record::{decode, encode},
    base::digest::Digest,
};

/// Mends that are kept.
const MOST: usize = 500;
/// Of all of them.
const MOST_BYTES: usize = 4 << 20;
/// One mend; a longer one is not kept.
const LARGEST: usize = 16 << 10;
/// Given for one question.
const TOLD: usize = 64;

/// What an error is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MendKind {
    /// The same error, names included.
    pub exact: Digest,
    /// The same mistake, whatever things are called.
    pub alike: Digest,
}

/// A mend that has helped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownMend {
    /// Of the errors that are gone.
    pub kinds: Vec<MendKind>,
    /// Seconds since 1970.
    pub at: u64,
    pub package: String,
    pub files: Vec<MendedFile>,
}

/// What was changed in one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MendedFile {
    /// Below the root of the workspace.
    pub file: String,
    /// Removed lines begin with `- `, added ones with `+ `, others with two blanks.
    pub lines: Vec<String>,
}

impl Store {
    /// Keeps mends; one that is known already becomes a new one.
    ///
    /// # Errors
    /// If they could not be written.
    pub fn remember_mends(&self, mends: Vec<KnownMend>) -> Result<(), StoreError> {
        let _publishing = lock(&self.publishing);
        let mut all =
            self.index.scan(Table::Mends, |key, value| Some((key.to_vec(), value.len(), decode::<KnownMend>(value))))?;
        let mut changes = Changes::default();
        for mend in mends {
            let bytes = encode(&mend);
            if bytes.len() > LARGEST {
                continue;
            }
            let is_same = |other: &KnownMend| (&other.kinds, &other.files) == (&mend.kinds, &mend.files);
            all.retain(|(key, _, other)| {
                let goes = other.as_ref().is_none_or(is_same);
                if goes {
                    changes.delete(Table::Mends, key);
                }
                !goes
            });
            // In the order of time.
            let key = [&mend.at.to_be_bytes()[..], &Digest::of(&bytes).0[..8]].concat();
            changes.put(Table::Mends, &key, &mend);
            all.push((key, bytes.len(), Some(mend)));
        }
        all.sort_by(|a, b| b.0.cmp(&a.0));
        let mut bytes = 0;
        for (n, (key, size, _)) in all.iter().enumerate() {
            bytes += size;
            if n >= MOST || bytes > MOST_BYTES {
                changes.delete(Table::Mends, key);
            }
        }
        self.index.apply(&changes)
    }

    /// Mends of errors that are alike to one of these, the newest first.
    pub fn mends_like(&self, kinds: &[MendKind]) -> Vec<KnownMend> {
        let mut found = Vec::new();
        self.index.scan_back(Table::Mends, |_, value| {
            let known = decode::<KnownMend>(value);
            found.extend(known.filter(|m| m.kinds.iter().any(|a| kinds.iter().any(|b| a.alike == b.alike))));
            found.len() < TOLD
        });
        found
    }

    /// Forgets all mends; how many, and of how many bytes.
    ///
    /// # Errors
    /// If that could not be written.
    pub fn forget_mends(&self) -> Result<(u64, u64), StoreError> {
        let _publishing = lock(&self.publishing);
        let sizes = self.index.scan(Table::Mends, |_, value| Some(value.len() as u64))?;
        if !sizes.is_empty() {
            self.index.clear(Table::Mends)?;
        }
        Ok((sizes.len() as u64, sizes.iter().sum()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Limits;

    fn kind(name: &str, alike: &str) -> MendKind {
        MendKind { exact: Digest::of(name.as_bytes()), alike: Digest::of(alike.as_bytes()) }
    }

    fn mend(at: u64, name: &str, text: &str) -> KnownMend {
        let files = vec![MendedFile { file: "src/lib.rs".into(), lines: vec![format!("+ {text}")] }];
        KnownMend { kinds: vec![kind(name, "moved")], at, package: "app".into(), files }
    }

    fn opened(dir: &tempfile::TempDir) -> Store {
        Store::open(&dir.path().join("store"), Limits { max_bytes: 1 << 30, retention_days: 30 }).expect("a store")
    }

    #[test]
    fn told_newest_first_once_each_and_forgotten() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let store = opened(&dir);
        store.remember_mends(vec![mend(1, "a", "x"), mend(2, "b", "y")]).expect("kept");
        store.remember_mends(vec![mend(3, "a", "x")]).expect("kept");
        drop(store);
        let store = opened(&dir);
        let told = store.mends_like(&[kind("c", "moved")]);
        assert_eq!(told, [mend(3, "a", "x"), mend(2, "b", "y")]);
        assert!(store.mends_like(&[kind("a", "other")]).is_empty());
        assert_eq!(store.forget_mends().expect("forgotten").0, 2);
        assert!(store.mends_like(&[kind("a", "moved")]).is_empty());
        assert_eq!(store.forget_mends().expect("nothing there"), (0, 0));
    }

    #[test]
    fn the_oldest_go_and_what_is_too_long_is_not_kept() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let store = opened(&dir);
        let count = || store.index.scan(Table::Mends, |_, value| Some(value.len())).expect("read");
        store.remember_mends((0..MOST as u64 + 20).map(|n| mend(n, &n.to_string(), "x")).collect()).expect("kept");
        assert_eq!(count().len(), MOST);
        let oldest = store.index.scan(Table::Mends, |_, v| decode::<KnownMend>(v).map(|m| m.at)).expect("read");
        assert_eq!(oldest.first(), Some(&20));
        store.remember_mends(vec![mend(1_000, "long", &"x".repeat(LARGEST))]).expect("left out");
        assert_eq!(store.mends_like(&[kind("x", "moved")])[0].at, MOST as u64 + 19);
        store
            .remember_mends((0..400).map(|n| mend(2_000 + n, &n.to_string(), &"y".repeat(LARGEST - 300))).collect())
            .expect("kept");
        assert!(count().iter().sum::<usize>() <= MOST_BYTES && count().len() > 200);
    }
}
