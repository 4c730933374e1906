//! The few things that are read out of rustc's metadata (the content of an `.rmeta` file) without decoding it.
//!
//! The format is private to rustc and changes between releases; it must never be written, and whatever does not look
//! exactly as expected reads as "nothing known" or "not equal", never as a guess. As rustc 1.95 writes it:
//!
//! ```text
//! "rust" 0 0 0 10   u64 LE: position of the root   length "rustc 1.95.0 (…)" C1   records of dependencies   …
//! root:   0 length "x86_64-unknown-linux-gnu" C1   16 bytes: the crate's hash (SVH)   its name   …
//! source: … 0 (MD5) 32 (length)   16 bytes: MD5 of the file's content   16 × 0   0 (no second hash)   …
//! dependency: name   16 bytes: SVH   0 (no host's hash)   kind   length "-0123456789abcdef" C1   is it private
//! ```

use std::{collections::BTreeMap, ops::Range};

use md5::{Digest as _, Md5};
use memchr::memmem;
use serde::{Deserialize, Serialize};

/// `rust`, padding, and the version of the format. Versions after this one may keep the SVH elsewhere.
const HEADER: &[u8] = b"rust\0\0\0\x0a";
/// What stands behind every string.
const END_OF_STRING: u8 = 0xC1;
const HASH_LENGTH: usize = 16;
/// The kind of a dependency that is linked because the program asked for it.
const UNCONDITIONAL: u8 = 2;

/// Rustc's hash of one source file on targets whose debug information has MD5.
pub type SourceHash = [u8; HASH_LENGTH];

/// What rustc will record for a file with this content.
pub fn source_hash(content: &[u8]) -> SourceHash {
    Md5::digest(content).into()
}

/// The crate's hash (SVH), which dependents compare with the one they were compiled against.
///
/// `None` for metadata of another make.
pub fn svh(rmeta: &[u8]) -> Option<[u8; HASH_LENGTH]> {
    let range = svh_range(rmeta)?;
    rmeta.get(range)?.try_into().ok()
}

fn svh_range(rmeta: &[u8]) -> Option<Range<usize>> {
    let rest = rmeta.strip_prefix(HEADER)?;
    let (root, rest) = rest.split_first_chunk::<8>()?;
    string(rest)?.0.strip_prefix("rustc ")?;
    let root = usize::try_from(u64::from_le_bytes(*root)).ok()?;
    let triple = rmeta.get(root..)?.strip_prefix(&[0])?;
    let (triple_text, rest) = string(triple)?;
    if triple_text.matches('-').count() < 2 || !triple_text.is_ascii() {
        return None;
    }
    let start = rmeta.len() - rest.len();
    let range = start..start.checked_add(HASH_LENGTH)?;
    // Behind it comes the crate's name, an interned string that is spelt out, referred to or known to rustc.
    let is_name = matches!(rmeta.get(range.end), Some(0..=2));
    let occurrences = memmem::find_iter(rmeta, rmeta.get(range.clone())?).take(2).count();
    (is_name && occurrences == 1).then_some(range)
}

/// A string of up to 127 bytes and what follows it.
fn string(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (length, rest) = bytes.split_first().filter(|(length, _)| **length < 0x80)?;
    let (text, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((str::from_utf8(text).ok()?, rest.strip_prefix(&[END_OF_STRING])?))
}

/// Whether two compiles' metadata differ in nothing but the crate's hash and the hashes of its own sources.
///
/// `sources` are the hashes of all files that the *new* compile read, by [`source_hash`]; some of them need not be in the
/// metadata (`include_bytes!`). A place that holds one of them may hold anything else in the old metadata. `false`
/// whenever the metadata is of an unknown make.
pub fn equal_but_for_hashes(old: &[u8], new: &[u8], sources: &[SourceHash]) -> bool {
    let (Some(old_svh), Some(new_svh)) = (svh_range(old), svh_range(new)) else { return false };
    if old.len() != new.len() || old_svh != new_svh {
        return false;
    }
    let mut may_differ = vec![new_svh];
    for hash in sources {
        let mut recorded = vec![0, 32];
        recorded.extend(hash);
        recorded.extend([0; HASH_LENGTH + 1]);
        may_differ.extend(memmem::find_iter(new, &recorded).map(|at| at + 2..at + 2 + HASH_LENGTH));
    }
    may_differ.sort_by_key(|range| range.start);
    let mut from = 0;
    for range in may_differ {
        // Two files with the same content have the same hash, so places may come twice.
        if range.start >= from {
            if old.get(from..range.start) != new.get(from..range.start) {
                return false;
            }
            from = range.end;
        }
    }
    old.get(from..) == new.get(from..)
}

/// How rustc will use a crate that metadata records as a dependency: the raw byte, only ever compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DependencyKind(u8);

/// The crates that metadata records as dependencies, by the `-C extra-filename` they were compiled with.
///
/// Those that cargo and rustup's builders name (`-` and 16 hexadecimal digits) are found by shape, others if they are in
/// `expected`. A record is a string with its length before and its end mark behind, between two bytes of few values: no
/// text of a program looks like that, and no record can be written otherwise, for these strings are never shared. The
/// crate's own `extra-filename` may be among them. `None` if not even `core` is found: the metadata is of another make.
pub fn dependencies(rmeta: &[u8], expected: &[&str]) -> Option<BTreeMap<String, DependencyKind>> {
    let mut found = BTreeMap::new();
    let candidates = memmem::find_iter(rmeta, b"\x11-").map(|at| at..at + 18);
    let named = expected.iter().filter(|e| !e.is_empty()).flat_map(|extra| {
        let places = memmem::find_iter(rmeta, extra.as_bytes());
        places.filter_map(|at| Some(at.checked_sub(1)?..at + extra.len()))
    });
    let is_expected = |text: &str| expected.contains(&text);
    for range in candidates.chain(named) {
        let Some((text, [0 | 1, ..])) = rmeta.get(range.start..).and_then(string) else { continue };
        let Some(kind @ 0..=UNCONDITIONAL) = range.start.checked_sub(1).and_then(|at| rmeta.get(at)).copied() else { continue };
        if range.len() == text.len() + 1 && (is_usual(text) || is_expected(text)) {
            let strongest = found.entry(text.to_owned()).or_insert(DependencyKind(kind));
            *strongest = (*strongest).max(DependencyKind(kind));
        }
    }
    let has_core = found.iter().any(|(text, kind)| is_usual(text) && kind.0 == UNCONDITIONAL);
    (rmeta.starts_with(b"rust\0\0\0") && has_core).then_some(found)
}

/// As cargo makes them.
fn is_usual(extra: &str) -> bool {
    let digits = extra.strip_prefix('-').unwrap_or_default();
    digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
