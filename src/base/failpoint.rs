//! Places at which a test can make the process die, as `kill -9` would at the worst moment. Nothing in release builds.

/// Dies here if the environment names this point. Only in builds with debug assertions.
pub fn reach(name: &str) {
    if cfg!(debug_assertions) && super::env::text(super::env::names::FAILPOINT).is_some_and(|wanted| wanted == name) {
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGKILL);
    }
}
