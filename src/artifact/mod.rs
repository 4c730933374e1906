//! Layer 4: one cached result as bytes: what was made, by what, and how it is put back.
//!
//! It must never know where results are kept or how they are found. A record of an unknown version is a miss.

pub mod compare;
pub mod graft;
pub mod link;
pub mod location;
pub mod manifest;
pub mod marker;
pub mod member;
pub mod metadata;
pub mod record;
pub mod refused;
pub mod rlib;
pub mod rmeta;
pub mod spool;
pub mod state;
pub mod surface;
pub mod unit;

pub use link::LinkRecord;
pub use manifest::{Content, Cost, Manifest, Output};
pub use member::StoredMember;
pub use state::{StateFile, StateRecord};
pub use unit::StoredUnit;

#[cfg(test)]
mod tests;
