//! Layer 10: the process that owns the store. Answers lookups, stores results in the background, ends when idle.
//!
//! Exactly one runs per store (a lock decides). It must never print (nobody reads it), keep a client waiting in silence, or
//! let one bad request end the others: a panic is one miss.

mod admin;
mod admission;
mod flights;
mod ingester;
mod keeper;
mod lifecycle;
mod live;
#[cfg(feature = "metrics")]
mod observer;
mod publisher;
mod seeds;
mod server;
mod session;
mod state;
mod tenure;
mod timings;
mod told;
mod verifier;

use std::path::Path;

use crate::ipc::address;

/// Runs the daemon of `store` until it is idle, told to stop, or not needed. The exit code: 0 if it served or another one
/// does, 1 if it could not start.
pub fn run(store: &Path) -> i32 {
    match lifecycle::run(store) {
        Ok(()) => 0,
        Err(error) => {
            address::note_failure(store, &error);
            1
        }
    }
}
