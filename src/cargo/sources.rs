//! Copies of a project's sources, in which can be tried what must not happen to the project.
//!
//! It must never write anything below the project. `target`, `.git` and directories that a tool has marked as a cache are not
//! copied.

use std::{fs, io, path::Path};

use crate::base::fs::at;

/// Made by builds, or read by none.
const LEFT_OUT: [&str; 2] = ["target", ".git"];

/// Copies the sources of a project to a directory that does not exist. Links stay links.
///
/// # Errors
/// With the path.
pub fn copy(from: &Path, to: &Path) -> io::Result<()> {
    copy_except(from, to, to)
}

/// The same without one directory, which may lie in the project.
///
/// # Errors
/// With the path.
pub fn copy_except(from: &Path, to: &Path, except: &Path) -> io::Result<()> {
    fs::create_dir_all(to).map_err(|e| at(to, e))?;
    for entry in entries(from, except)? {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(|e| at(&source, e))?;
        if kind.is_dir() {
            copy_except(&source, &target, except)?;
        } else if kind.is_symlink() {
            let to = fs::read_link(&source).map_err(|e| at(&source, e))?;
            std::os::unix::fs::symlink(to, &target).map_err(|e| at(&target, e))?;
        } else if kind.is_file() {
            reflink_copy::reflink_or_copy(&source, &target).map_err(|e| at(&source, e))?;
        }
    }
    Ok(())
}

/// Bytes that [`copy_except`] would copy. What cannot be read counts nothing.
pub fn size_except(from: &Path, except: &Path) -> u64 {
    let size = |entry: &fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => size_except(&entry.path(), except),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |m| m.len()),
        _ => 0,
    };
    entries(from, except).map_or(0, |all| all.iter().map(size).sum())
}

/// What of a directory is copied.
fn entries(dir: &Path, except: &Path) -> io::Result<Vec<fs::DirEntry>> {
    // A link to one is copied as any other link.
    let is_cache =
        |entry: &fs::DirEntry| entry.file_type().is_ok_and(|k| k.is_dir()) && entry.path().join("CACHEDIR.TAG").exists();
    let is_left_out = |entry: &fs::DirEntry| {
        let path = entry.path();
        LEFT_OUT.iter().any(|name| entry.file_name() == *name) || path == except || is_cache(entry)
    };
    let all = fs::read_dir(dir).map_err(|e| at(dir, e))?;
    let kept = all.filter(|entry| !entry.as_ref().is_ok_and(is_left_out));
    kept.map(|entry| entry.map_err(|e| at(dir, e))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_copied_and_what_builds_leave_is_not() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let from = dir.path().join("from");
        for (file, text) in [("src/lib.rs", "x"), ("target/debug/y", "y"), (".git/z", "z"), ("made/CACHEDIR.TAG", "t")] {
            fs::create_dir_all(from.join(file).parent().expect("has one")).expect("made");
            fs::write(from.join(file), text).expect("written");
        }
        std::os::unix::fs::symlink("src/lib.rs", from.join("link")).expect("linked");
        let to = dir.path().join("to");
        let within = from.join("store");
        fs::create_dir_all(&within).expect("made");
        copy_except(&from, &to, &within).expect("copied");
        assert!(!to.join("store").exists());
        assert_eq!(size_except(&from, &within), 1, "one file, and a link to it");
        fs::remove_dir_all(&to).expect("removed");
        copy(&from, &to).expect("copied");
        assert!(to.join("store").exists());
        assert_eq!(fs::read_to_string(to.join("link")).expect("leads there"), "x");
        assert_eq!(fs::read_link(to.join("link")).expect("a link"), Path::new("src/lib.rs"));
        for gone in ["target", ".git", "made"] {
            assert!(!to.join(gone).exists(), "{gone}");
        }
    }
}
