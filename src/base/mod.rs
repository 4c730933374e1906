//! Layer 0: knows nothing of Rust builds; each file could be a crate of its own.
//!
//! Everything here is a thin door to the outside world (files, environment, processes, clock) or a small value type.
//! It must never know of rustc, cargo or the cache. Failures are returned as they are, with the path added.

pub mod clock;
pub mod confine;
pub mod copy;
pub mod digest;
pub mod env;
pub mod excerpt;
pub mod failpoint;
pub mod fs;
pub mod locks;
pub mod memory;
pub mod names;
pub mod personality;
pub mod proc;
pub mod process;
pub mod pty;
pub mod secret;
pub mod sync;
pub mod text;
