//! Writing what was tried, and taking it back.
//!
//! What the files were is on disk before the first of them is written, so that whatever ends this process in between leaves each
//! file either as it was or mended, and `--undo` restores them all. It must never overwrite what somebody has written
//! meanwhile: not when mending, not when taking back.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{FixError, patch::Texts, rounds::Outcome, scratch::place};
use crate::base::{
    clock::wall_secs,
    failpoint,
    fs::{Durability, at, private_dir, rewrite, write_atomic},
};

/// Files of one workspace that change together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mend {
    pub root: PathBuf,
    /// Seconds since 1970.
    pub made: u64,
    pub files: Vec<Changed>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changed {
    /// Below the root.
    pub file: PathBuf,
    pub before: String,
    pub after: String,
}

impl Mend {
    /// From what was tried; nothing if nothing changes.
    pub fn of(root: &Path, outcome: &Outcome) -> Option<Self> {
        Self::from_texts(root, &outcome.before, &outcome.after)
    }

    fn from_texts(root: &Path, before: &Texts, after: &Texts) -> Option<Self> {
        let changed = |(file, after): (&PathBuf, &String)| {
            Some(Changed { file: file.clone(), before: before.get(file)?.clone(), after: after.clone() })
        };
        let files: Vec<_> = after.iter().filter_map(changed).filter(|c| c.before != c.after).collect();
        (!files.is_empty()).then(|| Self { root: root.to_owned(), made: wall_secs(), files })
    }

    /// Where the file is.
    pub fn path(&self, changed: &Changed) -> PathBuf {
        self.root.join(&changed.file)
    }

    /// The first of the files that is not as it was when the mend was tried.
    fn edited(&self) -> Option<PathBuf> {
        let is_other = |c: &&Changed| !reads(&self.path(c), &c.before) || !is_plain(&self.path(c));
        self.files.iter().find(is_other).map(|c| c.file.clone())
    }

    /// Writes the files.
    ///
    /// # Errors
    /// If one of them was edited since it was tried, nothing is written; else if one cannot be written.
    pub fn apply(&self, store: &Path) -> Result<(), FixError> {
        if let Some(file) = self.edited() {
            return Err(FixError::Edited(file));
        }
        let dir = place(store, &self.root);
        for dir in [store, &store.join("mend"), &dir] {
            private_dir(dir)?;
        }
        // What it takes to take this back comes first.
        write_atomic(&dir.join("last"), &serde_json::to_vec(self)?, 0o600, Durability::Synced)?;
        for changed in &self.files {
            let path = self.path(changed);
            // Once more, as late as can be.
            if !reads(&path, &changed.before) {
                return Err(self.withdraw(changed));
            }
            rewrite(&path, &changed.after)?;
            failpoint::reach("mend-file");
        }
        Ok(())
    }

    /// Somebody writes while we do: those that were written become what they were, if they still are ours.
    fn withdraw(&self, edited: &Changed) -> FixError {
        for changed in self.files.iter().filter(|c| reads(&self.path(c), &c.after)) {
            drop(rewrite(&self.path(changed), &changed.before));
        }
        FixError::Edited(edited.file.clone())
    }

    /// The last one of a workspace.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn last(store: &Path, root: &Path) -> Result<Self, FixError> {
        let file = place(store, root).join("last");
        match fs::read(&file) {
            Ok(text) => Ok(serde_json::from_slice(&text)?),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(FixError::NothingMended(root.to_owned())),
            Err(e) => Err(at(&file, e).into()),
        }
    }

    /// What there is to take back; files that are as they were need nothing.
    ///
    /// # Errors
    /// If a file is neither as it was nor as it was left; then none is to be restored.
    pub fn restorable(&self) -> Result<Vec<&Changed>, FixError> {
        let is = |c: &Changed, text: &str| reads(&self.path(c), text);
        let others: Vec<_> =
            self.files.iter().filter(|c| !is(c, &c.after) && !is(c, &c.before)).map(|c| c.file.clone()).collect();
        if !others.is_empty() {
            return Err(FixError::ChangedSince(others));
        }
        let left: Vec<_> = self.files.iter().filter(|c| is(c, &c.after)).collect();
        if left.is_empty() { Err(FixError::NothingMended(self.root.clone())) } else { Ok(left) }
    }

    /// Takes it back.
    ///
    /// # Errors
    /// As [`Mend::restorable`], or if a file cannot be written.
    pub fn undo(&self, store: &Path) -> Result<(), FixError> {
        for changed in self.restorable()? {
            rewrite(&self.path(changed), &changed.before)?;
        }
        let file = place(store, &self.root).join("last");
        fs::remove_file(&file).map_err(|e| at(&file, e))?;
        Ok(())
    }
}

fn reads(file: &Path, text: &str) -> bool {
    fs::read(file).is_ok_and(|now| now == text.as_bytes())
}

/// Neither it nor a directory on the way is a link, which would lead elsewhere or be lost.
fn is_plain(file: &Path) -> bool {
    file.parent().and_then(|dir| Some(dir.canonicalize().ok()?.join(file.file_name()?))).is_some_and(|real| {
        fs::symlink_metadata(&real).is_ok_and(|m| m.is_file()) && file.canonicalize().is_ok_and(|f| f == real)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    struct Case {
        _dir: tempfile::TempDir,
        root: PathBuf,
        store: PathBuf,
    }

    impl Case {
        fn new() -> Self {
            let dir = tempfile::tempdir().expect("temporary directory");
            let base = dir.path().canonicalize().expect("exists");
            let (root, store) = (base.join("w"), base.join("store"));
            fs::create_dir(&root).expect("made");
            let case = Self { _dir: dir, root, store };
            for file in ["a", "b"] {
                case.write(file, &format!("{file} before"));
                fs::set_permissions(case.root.join(file), fs::Permissions::from_mode(0o640)).expect("set");
            }
            case
        }

        fn write(&self, file: &str, text: &str) {
            fs::write(self.root.join(file), text).expect("written");
        }

        fn texts(&self) -> [String; 2] {
            ["a", "b"].map(|f| fs::read_to_string(self.root.join(f)).expect("there"))
        }

        fn mend(&self) -> Mend {
            let texts = |what: &str| ["a", "b"].map(|f| (f.into(), format!("{f} {what}"))).into();
            Mend::from_texts(&self.root, &texts("before"), &texts("after")).expect("a change")
        }
    }

    #[test]
    fn what_was_mended_is_taken_back_once() {
        let case = Case::new();
        case.mend().apply(&case.store).expect("applied");
        assert_eq!(case.texts(), ["a after", "b after"]);
        let mode = fs::metadata(case.root.join("a")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let last = Mend::last(&case.store, &case.root).expect("kept");
        last.undo(&case.store).expect("taken back");
        assert_eq!(case.texts(), ["a before", "b before"]);
        assert!(matches!(Mend::last(&case.store, &case.root), Err(FixError::NothingMended(_))));
    }

    #[test]
    fn what_somebody_has_edited_is_never_overwritten() {
        let case = Case::new();
        case.write("b", "mine");
        assert!(matches!(case.mend().apply(&case.store), Err(FixError::Edited(f)) if f == Path::new("b")));
        assert_eq!(case.texts(), ["a before", "mine"]);
        case.write("b", "b before");
        case.mend().apply(&case.store).expect("applied");
        case.write("a", "mine");
        let last = Mend::last(&case.store, &case.root).expect("kept");
        assert!(matches!(last.undo(&case.store), Err(FixError::ChangedSince(f)) if f == [PathBuf::from("a")]));
        assert_eq!(case.texts(), ["mine", "b after"]);
    }

    #[test]
    fn half_of_a_mend_is_taken_back_as_well() {
        let case = Case::new();
        case.mend().apply(&case.store).expect("applied");
        case.write("b", "b before");
        Mend::last(&case.store, &case.root).expect("kept").undo(&case.store).expect("taken back");
        assert_eq!(case.texts(), ["a before", "b before"]);
    }

    #[test]
    fn links_are_not_written_through() {
        let case = Case::new();
        fs::rename(case.root.join("a"), case.root.join("real")).expect("moved");
        std::os::unix::fs::symlink("real", case.root.join("a")).expect("linked");
        assert!(matches!(case.mend().apply(&case.store), Err(FixError::Edited(_))));
        assert_eq!(fs::read_to_string(case.root.join("real")).expect("there"), "a before");
    }
}
