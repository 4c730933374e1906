//! Where the daemon of a store listens.

use std::{
    io,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use crate::base::{digest::Digest, fs};

/// Unix socket addresses hold about 108 bytes.
const LONGEST: usize = 100;

/// The directory for the socket, the lock and the breaker of a store: 0700 and ours.
///
/// # Errors
/// If it cannot be made or is not private.
pub fn run_dir(store: &Path) -> io::Result<PathBuf> {
    let dir = location(store);
    if let Some(parent) = dir.parent().filter(|p| !p.exists()) {
        fs::private_dir(parent)?;
    }
    fs::private_dir(&dir)?;
    Ok(dir)
}

/// The same without creating anything.
pub fn location(store: &Path) -> PathBuf {
    let dir = store.join("run");
    if dir.as_os_str().len() + "/daemon.sock".len() <= LONGEST {
        return dir;
    }
    // A deep store: a short private directory of this user instead.
    let base = crate::base::env::path("XDG_RUNTIME_DIR").unwrap_or_else(|| "/tmp".into());
    let user = nix::unistd::geteuid();
    base.join(format!("rustc-hyperopt-{user}")).join(Digest::of(store.as_os_str().as_bytes()).short())
}

/// The daemon's socket.
pub fn socket(store: &Path) -> PathBuf {
    location(store).join("daemon.sock")
}

/// Notes why a daemon could not start, for its client; nobody sees what a daemon prints.
pub fn note_failure(store: &Path, error: &io::Error) {
    drop(fs::write_atomic(&failure(store), format!("{error}\n").as_bytes(), 0o600, fs::Durability::Lazy));
}

/// What the last daemon noted that could not start.
pub fn failure_note(store: &Path) -> Option<String> {
    std::fs::read_to_string(failure(store)).ok().map(|text| text.trim().to_owned())
}

/// Forgets it: a daemon has started.
pub fn clear_failure(store: &Path) {
    drop(std::fs::remove_file(failure(store)));
}

fn failure(store: &Path) -> PathBuf {
    location(store).join("last-failure")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_short_and_differ() {
        assert_eq!(socket(Path::new("/s")), Path::new("/s/run/daemon.sock"));
        let deep = |c: &str| socket(&Path::new("/").join(c.repeat(90)).join("cache"));
        assert!(deep("a").as_os_str().len() < 108);
        assert_ne!(deep("a"), deep("b"));
    }
}
