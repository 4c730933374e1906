//! Stand-in for `bindgen`, used only by the build script of `librocksdb-sys` (see `[patch.crates-io]`).
//!
//! It exists so that building this project needs nothing but Rust and a C++ compiler, and so that RocksDB, which costs
//! more than everything else together, is compiled once per user instead of once per target directory:
//!
//! 1. it writes bindings that the real bindgen 0.72.1 made from the very same `c.h` (checked by hash), so that no
//!    libclang is needed;
//! 2. it sees to it that `librocksdb.a` stands in the user's cache directory (see [`archive`]) and points the build
//!    script at it through `ROCKSDB_LIB_DIR`, the variable that `librocksdb-sys` documents for this purpose.
//!
//! It must never make a build fail that would have succeeded without it: if the archive cannot be made, the variables
//! are left alone and `librocksdb-sys` compiles RocksDB in its own way. A header that it does not know is an error,
//! because wrong bindings would be undefined behaviour.

mod archive;

use std::{fmt, fs, io, path::Path};

const BINDINGS: &str = include_str!("rocksdb_bindings.rs");
/// FNV-1a (64 bit) of `rocksdb/include/rocksdb/c.h` of RocksDB 11.8.1, from which the bindings were made with
/// `allowlist_item("rocksdb_.*")`.
const HEADER_FNV: u64 = 0xa2df35300ffdab44;

/// The part of bindgen's builder that `librocksdb-sys` uses.
#[derive(Debug, Default)]
pub struct Builder {
    header: String,
}

/// Bindings ready to be written.
#[derive(Debug)]
pub struct Bindings;

/// Why no bindings could be given.
#[derive(Debug)]
pub struct BindgenError(String);

impl fmt::Display for BindgenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BindgenError {}

impl Builder {
    /// The header to bind.
    pub fn header(mut self, path: impl Into<String>) -> Self {
        self.header = path.into();
        self
    }

    /// Accepted and ignored: the bindings were made with `false`.
    pub fn derive_debug(self, _: bool) -> Self {
        self
    }

    /// Accepted and ignored: nothing outside `rocksdb_*` is bound.
    pub fn blocklist_type(self, _: &str) -> Self {
        self
    }

    /// Accepted and ignored: the bindings were made with `libc`.
    pub fn ctypes_prefix(self, _: &str) -> Self {
        self
    }

    /// Accepted and ignored: the bindings were made with `true`.
    pub fn size_t_is_usize(self, _: bool) -> Self {
        self
    }

    /// Checks the header and provides the archive.
    ///
    /// # Errors
    /// If the header cannot be read or is not the one that the bindings were made from.
    pub fn generate(self) -> Result<Bindings, BindgenError> {
        println!("cargo:rerun-if-changed={}", self.header);
        let bytes = fs::read(&self.header).map_err(|e| BindgenError(format!("cannot read {}: {e}", self.header)))?;
        let found = fnv1a(&bytes);
        if found != HEADER_FNV {
            return Err(BindgenError(format!(
                "{} (fnv {found:#018x}) is not the header the checked-in bindings were made from ({HEADER_FNV:#018x})\n\
                 hint: make them anew with bindgen, or remove the [patch.crates-io] entry and install libclang",
                self.header
            )));
        }
        archive::provide();
        Ok(Bindings)
    }
}

impl Bindings {
    /// Writes the checked-in bindings.
    ///
    /// # Errors
    /// As [`fs::write`].
    pub fn write_to_file(&self, path: impl AsRef<Path>) -> io::Result<()> {
        fs::write(path, BINDINGS)
    }
}

/// FNV-1a, 64 bit (<http://www.isthe.com/chongo/tech/comp/fnv/>).
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}
