//! rustc's incremental directories, as far as their names go: `<incremental>/<crate>-<hash>/s-<time>-<random>-<svh>` holds
//! the state of one session, and `s-<time>-<random>.lock` beside it says who is using it.
//!
//! Files are never written in place by rustc: a session starts as hard links to the files of the one before, replaces some of
//! them under the name `s-<time>-<random>-working`, and gets its last name when it is complete. So does what is put there
//! by us. Nothing here knows what is in the files, and what has a name of another form does not exist for us.
//!
//! What was tried with rustc 1.95 (`-Z incremental-info`), and holds for whoever keeps or makes state:
//!
//! - A state can be removed and put back as a copy, and its directory may have another name: `-C incremental`, `-L`,
//!   `--extern` and `-C linker` are not tracked. `--json` and `--emit` are; whoever makes state must repeat them.
//! - With another text of `--out-dir` a state is accepted, but all machine code is made again: every codegen unit depends on
//!   the names of all outputs (so it does with `-o` and `--emit kind=path`). Edits of ripgrep's program, in CPU seconds: 4.3
//!   without state, 3.8 with one of another `--out-dir`, 0.55 with one of the same. Where `--out-dir` leads is not compared.
//! - In another working directory all of it is ignored ("differing commandline arguments"): the working directory is tracked,
//!   and so are `--remap-path-prefix` values, of which ours names that directory. Only where the same list of prefixes is
//!   given in both places, with both directories in it, and with `--remap-path-scope=all`, is it accepted: whoever makes the
//!   state would have to know the other place. No order of arguments and no scope changes that.
//! - If the linker fails, the session is complete all the same.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use crate::base::fs::at;

const WORKING: &str = "working";

/// The name of a complete session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    whole: String,
    /// Length of `s-<time>-<random>`.
    common: usize,
}

impl Name {
    /// Nothing for names of sessions that are not complete, and for all others.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        match text.split('-').collect::<Vec<_>>()[..] {
            ["s", time, random, svh] if plain(time) && plain(random) && plain(svh) && svh != WORKING => {
                Some(Self { whole: text.into(), common: 3 + time.len() + random.len() })
            }
            _ => None,
        }
    }

    /// The directory's name.
    pub fn as_str(&self) -> &str {
        &self.whole
    }

    /// The name of the file by which its use is announced.
    pub fn lock(&self) -> String {
        format!("{}.lock", &self.whole[..self.common])
    }

    /// Its name before it was complete.
    fn working(&self) -> String {
        format!("{}-{WORKING}", &self.whole[..self.common])
    }

    /// Later is greater: a number in base 36.
    fn time(&self) -> (usize, &str) {
        let time = self.whole.split('-').nth(1).unwrap_or_default();
        (time.len(), time)
    }
}

/// The latest complete session in a crate's directory.
pub fn latest(crate_dir: &Path) -> Option<Name> {
    let entries = fs::read_dir(crate_dir).ok()?.flatten();
    let names = entries.filter_map(|e| Name::parse(e.file_name().to_str()?));
    names.max_by(|a, b| a.time().cmp(&b.time()))
}

/// The directories below an incremental directory that belong to crates of this name.
pub fn crate_dirs(incremental: &Path, crate_name: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(incremental).into_iter().flatten().flatten();
    let of_it = |name: &str| name.rsplit_once('-').is_some_and(|(name, _)| name == crate_name);
    entries.filter(|e| e.file_name().to_str().is_some_and(of_it)).map(|e| e.path()).collect()
}

/// Keeps rustc from removing a session; it ends when the file is dropped.
///
/// # Errors
/// If somebody is about to remove it.
pub fn hold(crate_dir: &Path, session: &Name) -> io::Result<File> {
    let path = crate_dir.join(session.lock());
    let file = File::open(&path).map_err(|e| at(&path, e))?;
    file.try_lock_shared().map_err(|e| at(&path, e.into()))?;
    Ok(file)
}

/// Puts a session into a crate's directory, which is made if need be (its parent is not). `fill` fills the directory that
/// it is given; what it leaves when it fails is removed, and what is left when we are killed is removed by rustc.
///
/// # Errors
/// With the path; nothing is there then.
pub fn install(crate_dir: &Path, session: &Name, fill: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    match fs::create_dir(crate_dir) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(at(crate_dir, e)),
        _ => {}
    }
    let lock = crate_dir.join(session.lock());
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&lock).map_err(|e| at(&lock, e))?;
    // Two who put the same session there at once: one of them does it.
    file.try_lock().map_err(|e| at(&lock, e.into()))?;
    let (working, last) = (crate_dir.join(session.working()), crate_dir.join(session.as_str()));
    drop(fs::remove_dir_all(&working));
    let filled = fs::create_dir(&working).and_then(|()| fill(&working)).and_then(|()| fs::rename(&working, &last));
    filled.map_err(|e| {
        drop(fs::remove_dir_all(&working));
        drop(fs::remove_file(&lock));
        drop(fs::remove_dir(crate_dir));
        at(&last, e)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_sessions_have_a_name() {
        for bad in ["s-a-b", "s-a-b-working", "s-a-b-c-d", "s--b-c", "t-a-b-c", "s-a-B-c", "s-a-b-c.lock", ""] {
            assert_eq!(Name::parse(bad), None, "{bad}");
        }
        let name = Name::parse("s-hof7n09gzz-0gqe0ry-1mqk4f7zv").expect("complete");
        assert_eq!(
            (name.lock().as_str(), name.working().as_str()),
            ("s-hof7n09gzz-0gqe0ry.lock", "s-hof7n09gzz-0gqe0ry-working")
        );
    }

    #[test]
    fn a_session_appears_complete_or_not_at_all() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let crate_dir = dir.path().join("a_b-1x");
        let (old, new) = (Name::parse("s-zz-a-b").expect("a name"), Name::parse("s-100-a-c").expect("a name"));
        assert!(install(&crate_dir, &old, |_| Err(io::Error::other("x"))).is_err());
        assert_eq!(fs::read_dir(dir.path())?.count(), 0, "nothing is left");
        let fill = |dir: &Path| fs::write(dir.join("f"), "x");
        install(&crate_dir, &new, fill)?;
        install(&crate_dir, &old, fill)?;
        assert_eq!(latest(&crate_dir), Some(new.clone()), "numbers, not words");
        assert_eq!(crate_dirs(dir.path(), "a_b"), std::slice::from_ref(&crate_dir));
        assert!(crate_dirs(dir.path(), "a").is_empty());
        let held = hold(&crate_dir, &new)?;
        assert!(File::open(crate_dir.join(new.lock()))?.try_lock().is_err());
        drop(held);
        assert!(install(&dir.path().join("no/parent"), &new, fill).is_err());
        assert!(!dir.path().join("no").exists());
        Ok(())
    }
}
