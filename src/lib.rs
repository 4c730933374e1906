//! Architecture (to be completed).

pub mod base;
pub mod config;
pub mod rustc;
pub mod fingerprint;
pub mod artifact;
pub mod events;
pub mod store;
pub mod engine;
pub mod ipc;
pub mod daemon;
pub mod wrapper;
pub mod ui;
pub mod cli;
