//! Whether what a mend would change is kept by somebody: the rule of `cargo fix`.
//!
//! Without git there is no way to see what a mend has done, so that has to be allowed; nor with changes in the working tree or
//! in the index, among which it could not be told apart. It must never write anything, the index included.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::base::env::EnvSnapshot;

/// What the user allows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Allowed {
    pub dirty: bool,
    pub staged: bool,
    pub no_vcs: bool,
}

/// Why nothing is to be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Dirty {
    #[error("{} is under no version control that is known here", .0.display())]
    NoVcs(PathBuf),
    #[error("the working tree has changes that are not committed:{}", names(.0))]
    Unsaved(Vec<(String, bool)>),
}

/// Files that are named.
const SHOWN: usize = 8;

fn names(files: &[(String, bool)]) -> String {
    let one = |(file, is_staged): &(String, bool)| format!("\n  {file} ({})", if *is_staged { "staged" } else { "dirty" });
    let more = files.len().saturating_sub(SHOWN);
    let rest = if more > 0 { format!("\n  and {more} more") } else { String::new() };
    files.iter().take(SHOWN).map(one).collect::<String>() + &rest
}

impl Dirty {
    /// What the user can do.
    pub fn hint(&self) -> String {
        match self {
            Self::NoVcs(_) => "`--allow-no-vcs` mends all the same; `--undo` takes a mend back".into(),
            Self::Unsaved(files) if files.iter().all(|(_, is_staged)| *is_staged) => {
                "commit them, or use `--allow-staged`; `--undo` takes a mend back".into()
            }
            Self::Unsaved(_) => "commit or stash them, or use `--allow-dirty`; `--undo` takes a mend back".into(),
        }
    }
}

/// Looks at the workspace.
///
/// # Errors
/// Why it must not be changed.
pub fn look(root: &Path, allowed: Allowed, env: &EnvSnapshot) -> Result<(), Dirty> {
    // As cargo has it: who needs no version control needs no clean tree either.
    if allowed.no_vcs {
        return Ok(());
    }
    let Some(found) = status(root, env) else { return Err(Dirty::NoVcs(root.to_owned())) };
    let allowed = |(_, is_staged): &(String, bool)| if *is_staged { allowed.staged || allowed.dirty } else { allowed.dirty };
    let unsaved: Vec<_> = found.into_iter().filter(|f| !allowed(f)).collect();
    if unsaved.is_empty() { Ok(()) } else { Err(Dirty::Unsaved(unsaved)) }
}

/// Changed files below a directory, and whether all of each change is staged; nothing if git knows nothing of it.
fn status(root: &Path, env: &EnvSnapshot) -> Option<Vec<(String, bool)>> {
    let mut git = Command::new("git");
    // The snapshot of the environment also names the path on which git is found.
    for (name, value) in env.iter() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        git.env(OsStr::from_bytes(name), OsStr::from_bytes(value));
    }
    // A repository's own settings may name programs to run; of these none is needed here.
    git.args(["--no-optional-locks", "-c", "core.fsmonitor=false", "status", "--porcelain", "-z", "--untracked-files=all"]);
    let output = git.args(["--ignore-submodules=dirty", "--", "."]).current_dir(root).output().ok()?;
    output.status.success().then(|| read(&String::from_utf8_lossy(&output.stdout)))
}

/// Reads `git status --porcelain -z`.
fn read(text: &str) -> Vec<(String, bool)> {
    let (mut entries, mut found) = (text.split('\0').filter(|e| !e.is_empty()), Vec::new());
    while let Some(entry) = entries.next() {
        let (Some(state), Some(file)) = (entry.get(..2), entry.get(3..)) else { continue };
        // The name it had before follows.
        if state.contains('R') || state.contains('C') {
            entries.next();
        }
        found.push((file.to_owned(), state.ends_with(' ')));
    }
    found
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn gits_words_are_read() {
        let got = read(" M a.rs\0M  b.rs\0?? c d.rs\0R  new.rs\0old.rs\0MM e.rs\0");
        let expected = [("a.rs", false), ("b.rs", true), ("c d.rs", false), ("new.rs", true), ("e.rs", false)];
        assert_eq!(got, expected.map(|(f, s)| (f.to_owned(), s)));
    }

    #[test]
    fn dirty_and_staged_are_apart() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let env = EnvSnapshot::current();
        let none = Allowed::default();
        let look = |allowed| super::look(dir.path(), allowed, &env);
        assert!(matches!(look(none), Err(Dirty::NoVcs(_))));
        assert_eq!(look(Allowed { no_vcs: true, ..none }), Ok(()));
        let git = |args: &[&str]| {
            let who = ["-c", "user.name=x", "-c", "user.email=x@localhost"];
            let output = Command::new("git").args(who).args(args).current_dir(dir.path()).output().expect("started");
            assert!(output.status.success(), "{output:?}");
        };
        git(&["init", "-q"]);
        assert_eq!(look(none), Ok(()));
        fs::write(dir.path().join("a.rs"), "a").expect("written");
        let Err(error) = look(none) else { panic!("it is dirty") };
        assert!(error.to_string().contains("a.rs (dirty)") && error.hint().contains("--allow-dirty"), "{error}");
        assert!(look(Allowed { staged: true, ..none }).is_err());
        assert_eq!(look(Allowed { dirty: true, ..none }), Ok(()));
        git(&["add", "."]);
        assert!(look(none).is_err_and(|e| e.hint().contains("--allow-staged")));
        assert_eq!(look(Allowed { staged: true, ..none }), Ok(()));
        git(&["commit", "-qm", "x"]);
        assert_eq!(look(none), Ok(()));
    }
}
