//! Layer 4: one cached result as bytes: what was made, by what, and how it is put back.
//!
//! It must never know where results are kept or how they are found. A record of an unknown version is a miss.

pub mod location;
pub mod manifest;
pub mod record;

pub use manifest::{Content, Cost, Manifest, Output};
