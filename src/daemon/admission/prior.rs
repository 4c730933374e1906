//! What a compile will need that nobody has measured yet: an estimate from what there is to compile and to link.
//!
//! It must never take long: beyond so many files it takes what it has. A wrong estimate costs a wait, or is seen in what
//! the compiler uses.

use std::path::Path;

use crate::engine::Prepared;

/// The compiler with the standard library in its hands.
const BASE: u64 = 120_000_000;
/// What each byte of the sources adds when machine code is made of it, and when it is only checked.
const BUILT: u64 = 100;
const CHECKED: u64 = 50;
/// Nobody is kept waiting for a guess that is larger than this.
const MOST: u64 = 1_500_000_000;
/// Directory entries that are looked at.
const ENTRIES: usize = 2_000;

/// Bytes.
pub fn bytes(prepared: &Prepared) -> u64 {
    let inv = &prepared.inv;
    let root = prepared.places.cwd.join(&inv.source);
    let per_byte = if inv.links { BUILT } else { CHECKED };
    let compiled = root.parent().map_or(0, sources).saturating_mul(per_byte);
    // Linkers map what they read, and hold about as much again of what they write.
    let size = |file: &Path| std::fs::metadata(file).map_or(0, |m| m.len());
    let linked = if inv.runs_linker() { prepared.closure.files.values().map(|f| size(f)).sum::<u64>() * 2 } else { 0 };
    BASE.saturating_add(compiled.max(linked)).min(MOST)
}

/// Bytes of Rust below a directory.
fn sources(dir: &Path) -> u64 {
    let (mut sum, mut seen, mut todo) = (0, 0, vec![dir.to_owned()]);
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            seen += 1;
            if seen > ENTRIES {
                return sum;
            }
            let path = entry.path();
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => todo.push(path),
                Ok(meta) if path.extension().is_some_and(|e| e == "rs") => sum += meta.len(),
                _ => {}
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rust_counts_wherever_it_lies() {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::create_dir(dir.path().join("a")).expect("created");
        for (name, len) in [("lib.rs", 10), ("a/b.rs", 5), ("a/notes.md", 100)] {
            std::fs::write(dir.path().join(name), vec![b' '; len]).expect("written");
        }
        assert_eq!((sources(dir.path()), sources(&dir.path().join("gone"))), (15, 0));
    }
}
