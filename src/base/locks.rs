//! Who has locked a file, asked without locking it.
//!
//! Trying the lock would make somebody who comes in the same moment wait, and say so. The kernel's list names inodes; that
//! of another file system may have the same number, so that the answer can be a wrong yes. It must never be relied on to
//! keep anybody out.

use std::{
    fs::{self, File},
    os::unix::fs::MetadataExt,
    path::Path,
};

use nix::fcntl::{Flock, FlockArg};

const LIST: &str = "/proc/locks";

/// Whether somebody has locked one of these files (`flock`), or waits for it. Files that do not exist are not locked.
pub fn any_held(files: impl Iterator<Item = impl AsRef<Path>>) -> bool {
    let mut there = files.filter_map(|f| Some((fs::metadata(f.as_ref()).ok()?.ino(), f)));
    match fs::read_to_string(LIST) {
        Ok(list) => there.any(|(inode, _)| names(&list, inode)),
        Err(_) => there.any(|(_, file)| File::open(file).is_ok_and(|f| Flock::lock(f, FlockArg::LockSharedNonblock).is_err())),
    }
}

/// `1: FLOCK  ADVISORY  WRITE 4711 fd:01:1573 0 EOF`; an arrow in front of the kind means that it is waited for.
fn names(list: &str, inode: u64) -> bool {
    let is_it = |line: &str| {
        let mut words = line.split_whitespace();
        words.any(|w| w == "FLOCK") && words.any(|w| w.split(':').nth(2).and_then(|n| n.parse().ok()) == Some(inode))
    };
    list.lines().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words() {
        let list = "1: FLOCK  ADVISORY  WRITE 4711 fd:01:1573 0 EOF\n1: -> FLOCK  ADVISORY  WRITE 4712 fd:01:1573 0 EOF\n\
                    2: POSIX  ADVISORY  READ 12 00:2b:99 128 128\n";
        assert!(names(list, 1573));
        assert!(!names(list, 99) && !names(list, 4711) && !names("", 1));
    }

    #[test]
    fn a_lock_shows_while_it_is_held() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("lock");
        assert!(!any_held([&path].into_iter()));
        let file = File::create(&path).expect("created");
        assert!(!any_held([&path].into_iter()));
        for kind in [FlockArg::LockExclusiveNonblock, FlockArg::LockSharedNonblock] {
            let held = Flock::lock(file.try_clone().expect("cloned"), kind).expect("free");
            assert!(any_held([dir.path().join("other"), path.clone()].into_iter()));
            drop(held);
            assert!(!any_held([&path].into_iter()));
        }
    }
}
