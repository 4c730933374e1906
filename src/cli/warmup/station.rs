//! The directory below the store in which a warm-up works: one at a time, and what it leaves when it is killed goes with the
//! next one.
//!
//! ```text
//! lock      held by the warm-up that is under way      target/    where cargo builds, until it is taken in
//! status    how far it is, JSON                        popular/   a package with nothing but dependencies
//! log       what the last one in the background said
//! ```
//!
//! It must lie on the file system of the store, so that what is built can be linked into it. Never in the store's own `tmp`,
//! which is swept when a daemon starts.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::{Path, PathBuf},
};

use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize};

use crate::base::{
    clock::{self, Stopwatch},
    fs::{Durability, at, private_dir, write_atomic},
};

/// How far a warm-up is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub pid: u32,
    /// Seconds since 1970.
    pub started: u64,
    pub ended: Option<u64>,
    /// The one at work, counted from 1.
    pub project: usize,
    pub projects: usize,
    /// What is being done, or how it ended.
    pub what: String,
    /// Units.
    pub done: u64,
    pub total: u64,
}

/// The right to work there; given up when it is dropped.
pub struct Station {
    dir: PathBuf,
    status: Status,
    written: Stopwatch,
    _lock: Flock<File>,
}

/// The directory.
pub fn dir(store: &Path) -> PathBuf {
    store.join("warmup")
}

/// Where a warm-up in the background writes what it has to say.
pub fn log(store: &Path) -> PathBuf {
    dir(store).join("log")
}

/// Makes the directory.
///
/// # Errors
/// If it cannot be made, or is not this user's alone.
pub fn prepare(store: &Path) -> io::Result<PathBuf> {
    private_dir(store)?;
    let dir = dir(store);
    private_dir(&dir)?;
    Ok(dir)
}

/// How far the warm-up is that is under way (`true`), or how the last one ended.
pub fn status(store: &Path) -> Option<(bool, Status)> {
    let text = fs::read_to_string(dir(store).join("status")).ok()?;
    Some((is_busy(store), serde_json::from_str(&text).ok()?))
}

/// Whether a warm-up is under way.
pub fn is_busy(store: &Path) -> bool {
    let lock = File::open(dir(store).join("lock"));
    lock.is_ok_and(|file| Flock::lock(file, FlockArg::LockSharedNonblock).is_err())
}

impl Station {
    /// Takes the directory and clears what a warm-up that was killed has left; nothing if one is under way.
    ///
    /// # Errors
    /// If the directory cannot be made or locked.
    pub fn take(store: &Path) -> io::Result<Option<Self>> {
        let station = Self::take_at(&prepare(store)?)?;
        station.map(|s| s.clear().map(|()| s)).transpose()
    }

    /// Takes another directory, with what was built there before; nothing if somebody works in it.
    ///
    /// # Errors
    /// As [`Station::take`].
    pub fn take_at(dir: &Path) -> io::Result<Option<Self>> {
        private_dir(dir)?;
        let path = dir.join("lock");
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(|e| at(&path, e))?;
        let lock = match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => lock,
            Err((_, nix::errno::Errno::EWOULDBLOCK)) => return Ok(None),
            Err((_, e)) => return Err(at(&path, e.into())),
        };
        let status = Status { pid: std::process::id(), started: clock::wall_secs(), ..Status::default() };
        Ok(Some(Self { dir: dir.into(), status, written: Stopwatch::start(), _lock: lock }))
    }

    /// Where cargo builds.
    pub fn target(&self) -> PathBuf {
        self.dir.join("target")
    }

    /// Where the package with nothing but dependencies is.
    pub fn popular(&self) -> PathBuf {
        self.dir.join("popular")
    }

    /// Removes what was built.
    ///
    /// # Errors
    /// If something of it stays.
    pub fn clear(&self) -> io::Result<()> {
        let target = self.target();
        match fs::remove_dir_all(&target) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(at(&target, e)),
            _ => Ok(()),
        }
    }

    /// Notes what is being done.
    pub fn note(&mut self, what: &str, change: impl FnOnce(&mut Status)) {
        change(&mut self.status);
        what.clone_into(&mut self.status.what);
        self.write();
    }

    /// Notes how far it is, once in a while.
    pub fn progress(&mut self, done: u64, total: u64) {
        (self.status.done, self.status.total) = (done, total);
        if self.written.millis() > 1000 {
            self.write();
        }
    }

    /// Notes how it ended.
    pub fn end(mut self, how: &str) {
        self.status.ended = Some(clock::wall_secs());
        self.note(how, |_| ());
        // What stays goes with the next warm-up.
        drop(self.clear());
    }

    /// Nobody but `--status` reads it: where it cannot be written, that knows less.
    fn write(&mut self) {
        self.written = Stopwatch::start();
        if let Ok(text) = serde_json::to_vec(&self.status) {
            drop(write_atomic(&self.dir.join("status"), &text, 0o600, Durability::Lazy));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_what_is_left_over_goes() {
        let store = tempfile::tempdir().expect("temporary directory");
        assert_eq!(status(store.path()), None);
        let mut first = Station::take(store.path()).expect("made").expect("free");
        assert!(Station::take(store.path()).expect("made").is_none());
        fs::create_dir_all(first.target().join("debug")).expect("created");
        first.note("this", |s| s.projects = 3);
        let (busy, said) = status(store.path()).expect("noted");
        assert_eq!((busy, said.what.as_str(), said.projects, said.ended), (true, "this", 3, None));
        drop(first);
        assert!(!is_busy(store.path()));
        let second = Station::take(store.path()).expect("made").expect("free");
        assert!(!second.target().exists());
        second.end("done");
        let (busy, said) = status(store.path()).expect("noted");
        assert!(!busy && said.ended.is_some() && said.what == "done");
    }
}
