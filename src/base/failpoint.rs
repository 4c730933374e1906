//! Places at which a test can make the process die, as `kill -9` would at the worst moment. Nothing in release builds.

use super::env::{names, text};

/// Dies here if the environment names this point, as `name` or as `name@file`; the file is made first and tells that the
/// point was reached. Only in builds with debug assertions.
pub fn reach(name: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(wanted) = text(names::FAILPOINT) else { return };
    let (point, note) = wanted.split_once('@').unwrap_or((&wanted, ""));
    if point == name {
        if !note.is_empty() {
            drop(std::fs::write(note, name));
        }
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
}
