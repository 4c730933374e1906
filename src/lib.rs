//! Architecture (to be completed).

pub mod base;
pub mod rustc;
pub mod fingerprint;
pub mod artifact;
pub mod store;
pub mod events;
pub mod ipc;
