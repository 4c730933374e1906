//! A digest of what a project's build reads, cheap enough to be made whenever somebody asks.
//!
//! Files are told apart by name, size and time of writing; none is opened. It must never be used for a key: it only tells
//! whether preparing a project again may be worth while. Path dependencies outside the project do not count.

use std::{
    fs,
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use crate::base::{
    digest::{Digest, KeyHasher},
    fs::FileSig,
};

/// Above this it would not be cheap.
const MOST: usize = 100_000;
/// Not read by builds, or made by them, or counted elsewhere.
const LEFT_OUT: [&str; 4] = ["target", ".git", "node_modules", "Cargo.lock"];

/// Of everything below `root` and a compiler's description; nothing if there is too much.
pub fn digest(root: &Path, compiler: &[u8]) -> Option<Digest> {
    let mut key = KeyHasher::new("sources of a warm-up");
    key.field("compiler", compiler).field("version", env!("CARGO_PKG_VERSION").as_bytes());
    let mut dirs = vec![root.to_owned()];
    let mut seen = 0;
    while let Some(dir) = dirs.pop() {
        let mut entries: Vec<PathBuf> = fs::read_dir(&dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            let name = path.file_name().unwrap_or_default();
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            if LEFT_OUT.iter().any(|l| name == *l) {
                continue;
            }
            seen += 1;
            if seen > MOST {
                return None;
            }
            if meta.is_dir() {
                if !path.join("CACHEDIR.TAG").exists() {
                    dirs.push(path);
                }
                continue;
            }
            let sig = FileSig::from_metadata(&meta);
            let below = path.strip_prefix(root).unwrap_or(&path).as_os_str().as_bytes();
            key.field("file", &[below, b"\0", &sig.size.to_le_bytes(), &sig.mtime.to_le_bytes()].concat());
        }
    }
    Some(key.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_count_and_what_builds_leave_does_not() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = dir.path();
        let write = |at: &str, text: &str| {
            fs::create_dir_all(root.join(at).parent().expect("has one")).expect("created");
            fs::write(root.join(at), text).expect("written");
        };
        write("src/lib.rs", "a");
        let first = digest(root, b"1.95");
        for at in ["target/debug/x", ".git/index", "Cargo.lock", "other/CACHEDIR.TAG", "other/y"] {
            write(at, "x");
            assert_eq!(digest(root, b"1.95"), first, "{at}");
        }
        assert_ne!(digest(root, b"1.96"), first);
        write(".sqlx/q.json", "{}");
        let more = digest(root, b"1.95");
        assert_ne!(more, first);
        write("src/lib.rs", "ab");
        assert_ne!(digest(root, b"1.95"), more);
    }
}
