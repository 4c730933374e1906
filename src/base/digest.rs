//! Content hashes and keys: newtypes over blake3, and the one hasher that all keys are built with.
//!
//! A key field is always written with a label and a length, so that two different lists of fields can never give the
//! same bytes. Nothing here reads files except [`hash_reader`]; errors of the reader are passed on.

use std::{fmt, io, path::Path};

use serde::{Deserialize, Serialize};

use super::fs::FileSig;

/// 32 bytes of blake3, printed as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake3::hash(bytes).as_bytes())
    }

    /// Parses 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|h| Self(*h.as_bytes()))
    }

    /// The first eight bytes: enough to see a difference, never part of a key.
    pub fn start(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// The first 16 hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..16].to_owned()
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(blake3::Hash::from(self.0).to_hex().as_str())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({})", self.short())
    }
}

/// Digest of everything `reader` gives, and its length in bytes.
///
/// # Errors
/// Those of the reader.
pub fn hash_reader(mut reader: impl io::Read) -> io::Result<(Digest, u64)> {
    let mut hasher = blake3::Hasher::new();
    let len = io::copy(&mut reader, &mut hasher)?;
    Ok((Digest(*hasher.finalize().as_bytes()), len))
}

/// Gives the digest of a file's content, from memory where the file has not changed since it was last read.
pub trait DigestFile: Send + Sync {
    /// The digest of the file at `path`, with the signature under which it was read.
    ///
    /// # Errors
    /// If the file cannot be read.
    fn digest(&self, path: &Path) -> io::Result<(Digest, FileSig)>;
}

/// Builds a key from labelled, length-prefixed fields under a domain name.
pub struct KeyHasher(blake3::Hasher);

impl KeyHasher {
    /// A hasher whose results can never collide with those of another domain.
    pub fn new(domain: &str) -> Self {
        let mut this = Self(blake3::Hasher::new());
        this.bytes(domain.as_bytes());
        this
    }

    /// Adds one labelled field.
    pub fn field(&mut self, label: &str, value: &[u8]) -> &mut Self {
        self.bytes(label.as_bytes());
        self.bytes(value);
        self
    }

    /// Adds a labelled list; its length is part of the key.
    pub fn list<T: AsRef<[u8]>>(&mut self, label: &str, values: impl IntoIterator<Item = T>) -> &mut Self {
        self.bytes(label.as_bytes());
        let mut count: u64 = 0;
        for value in values {
            self.bytes(value.as_ref());
            count += 1;
        }
        self.0.update(b"#");
        self.0.update(&count.to_le_bytes());
        self
    }

    /// The finished key.
    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }

    fn bytes(&mut self, value: &[u8]) {
        self.0.update(&(value.len() as u64).to_le_bytes());
        self.0.update(value);
    }
}

/// A plain reader for tests of whatever needs digests.
#[cfg(test)]
pub mod testing {
    use super::*;

    /// Reads every time.
    pub struct Read;

    impl DigestFile for Read {
        fn digest(&self, path: &Path) -> io::Result<(Digest, FileSig)> {
            Ok((Digest::of(&std::fs::read(path)?), FileSig::of(path)?))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_do_not_run_into_each_other() {
        let key = |a: &[u8], b: &[u8]| KeyHasher::new("t").field("x", a).field("x", b).finish();
        assert_ne!(key(b"ab", b"c"), key(b"a", b"bc"));
        assert_ne!(
            KeyHasher::new("t").list("l", ["a"]).list("l", ["b"]).finish(),
            KeyHasher::new("t").list("l", ["a", "b"]).finish()
        );
        assert_ne!(KeyHasher::new("t").finish(), KeyHasher::new("u").finish());
    }

    #[test]
    fn hex_round_trip() {
        let digest = Digest::of(b"x");
        assert_eq!(Digest::from_hex(&digest.to_string()), Some(digest));
        assert_eq!(Digest::from_hex("zz"), None);
    }
}
