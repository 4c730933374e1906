//! Places at which a test can make the process die, as `kill -9` would at the worst moment. Nothing in release builds.

use std::sync::atomic::{AtomicU64, Ordering};

use super::env::{names, text};

/// Dies here if the environment names this point, as `name`, `name:n` (the n-th time it is reached), or with `@file` behind
/// that; the file is made first and tells that the point was reached. Only in builds with debug assertions.
pub fn reach(name: &str) {
    if !cfg!(debug_assertions) {
        return;
    }
    let Some(wanted) = text(names::FAILPOINT) else { return };
    let (point, note) = wanted.split_once('@').unwrap_or((&wanted, ""));
    let (point, times) = point.split_once(':').unwrap_or((point, "1"));
    // One point is named at most.
    static REACHED: AtomicU64 = AtomicU64::new(0);
    if point == name && times.parse() == Ok(REACHED.fetch_add(1, Ordering::Relaxed) + 1) {
        if !note.is_empty() {
            drop(std::fs::write(note, name));
        }
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
}
