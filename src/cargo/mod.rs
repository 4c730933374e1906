//! Layer 3: what cargo keeps on disk and reads from it: lock file, settings, target directory, fingerprints.
//!
//! Formats only, as of cargo 1.95 (source: the `cargo` crate, `core/compiler/{layout,fingerprint,build_runner}`). It must
//! never know of the cache, never start anything, and never write into a target directory. What it cannot read or does not
//! recognise is absent: cargo decides for itself whether what stands in a target directory is fresh.

pub mod call;
pub mod caller;
pub mod fingerprint;
pub mod layout;
pub mod lockfile;
pub mod metadata;
pub mod package;
pub mod settings;
pub mod sources;
pub mod toolchain;
pub mod words;
pub mod workspace;
