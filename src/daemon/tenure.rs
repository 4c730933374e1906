//! The lock that makes a daemon the only one of its store, and whether it still does.
//!
//! Whoever removes the store's directory removes the lock's name with it: then another daemon may serve a new store at the
//! same path, and the one before must not touch anything there.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::base::{
    clock::Stopwatch,
    fs::{FileSig, at},
};

/// How long a successor waits for a draining predecessor.
const HANDOVER: Duration = Duration::from_secs(5);

/// The right to serve a store; given up when it is dropped.
#[derive(Debug)]
pub struct Tenure {
    /// Kept open, so that no new lock can get its inode.
    file: File,
    path: PathBuf,
}

impl Tenure {
    /// Takes the lock, or nothing if another daemon is serving.
    ///
    /// # Errors
    /// If the lock's file cannot be made or locked.
    pub fn acquire(store: &Path, socket: &Path) -> io::Result<Option<Self>> {
        let path = store.join("daemon.lock");
        let watch = Stopwatch::start();
        loop {
            let opened = OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            let tenure = Self { file: opened.map_err(|e| at(&path, e))?, path: path.clone() };
            match tenure.file.try_lock() {
                Ok(()) if tenure.holds() => return Ok(Some(tenure)),
                // Removed since it was opened.
                Ok(()) => {}
                Err(TryLockError::Error(e)) => return Err(at(&path, e)),
                // A predecessor without a socket is on its way out, or not quite there yet.
                Err(TryLockError::WouldBlock) if !socket.exists() && watch.elapsed() < HANDOVER => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(TryLockError::WouldBlock) => return Ok(None),
            }
        }
    }

    /// The lock's name still leads to the lock.
    pub fn holds(&self) -> bool {
        let mine = self.file.metadata().map(|m| FileSig::from_metadata(&m).inode);
        matches!((mine, FileSig::of(&self.path)), (Ok(mine), Ok(now)) if mine == now.inode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_not_after_the_store_was_removed() -> io::Result<()> {
        let dir = tempfile::tempdir()?;
        let (store, socket) = (dir.path().join("s"), dir.path().join("socket"));
        std::fs::create_dir(&store)?;
        std::fs::write(&socket, "")?;
        let first = Tenure::acquire(&store, &socket)?.expect("nobody else");
        assert!(Tenure::acquire(&store, &socket)?.is_none());
        std::fs::remove_dir_all(&store)?;
        assert!(!first.holds());
        assert!(Tenure::acquire(&store, &socket).is_err(), "no directory");
        std::fs::create_dir(&store)?;
        let second = Tenure::acquire(&store, &socket)?.expect("another lock");
        assert!(second.holds() && !first.holds());
        drop(second);
        assert!(Tenure::acquire(&store, &socket)?.is_some());
        Ok(())
    }
}
