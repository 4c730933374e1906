//! Architecture (to be completed).

pub mod base;
pub mod config;
pub mod rustc;
pub mod fingerprint;
pub mod artifact;
pub mod events;
pub mod ipc;
pub mod ui;
pub mod cli;
