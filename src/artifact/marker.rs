//! Our own note in a target directory: what we have put there, and for which command.
//!
//! `<target>/.rustc-hyperopt/seeded`, text:
//!
//! ```text
//! rustc-hyperopt seeds 1
//! call <64 hex>                       the command that was prepared for
//! taken                               what it has built is in the store (may be missing)
//! never                               nothing more is to be put here (may be missing)
//! unit <64 hex> <place>\t<unit>       one that was put there, by its name in the store
//! ```
//!
//! A note that is missing or not understood says nothing: the worst that follows is work done twice.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    base::{
        digest::Digest,
        fs::{Durability, write_atomic},
    },
    cargo::layout,
};

const HEAD: &str = "rustc-hyperopt seeds 1";
/// Directories between a compiler's outputs and the target directory, at most.
const DEEPEST: usize = 8;

/// The note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marker {
    pub call: Option<Digest>,
    pub taken: bool,
    pub never: bool,
    /// Place, unit, name in the store.
    pub units: Vec<(String, String, Digest)>,
}

/// The directory in a target directory that is ours.
pub fn dir(target: &Path) -> PathBuf {
    target.join(".rustc-hyperopt")
}

impl Marker {
    /// The note in a target directory.
    pub fn read(target: &Path) -> Self {
        Self::parse(&text(target)).unwrap_or_default()
    }

    /// As [`Marker::read`], without the units: they are many, and most who ask are about to do nothing.
    pub fn read_head(target: &Path) -> Self {
        let text = text(target);
        // They come last.
        let head = text.split_once("\nunit ").map_or(text.as_str(), |(head, _)| head);
        Self::parse(head).unwrap_or_default()
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != HEAD {
            return None;
        }
        let mut marker = Self::default();
        for line in lines {
            match line.split_once(' ').unwrap_or((line, "")) {
                ("call", hex) => marker.call = Digest::from_hex(hex),
                ("taken", _) => marker.taken = true,
                ("never", _) => marker.never = true,
                ("unit", rest) => {
                    let (hex, what) = rest.split_once(' ')?;
                    let (place, name) = what.split_once('\t')?;
                    marker.units.push((place.to_owned(), name.to_owned(), Digest::from_hex(hex)?));
                }
                _ => {}
            }
        }
        Some(marker)
    }

    /// Replaces the note.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn write(&self, target: &Path) -> io::Result<()> {
        let mut text = format!("{HEAD}\n");
        if let Some(call) = self.call {
            text.push_str(&format!("call {call}\n"));
        }
        for (word, _) in [("taken\n", self.taken), ("never\n", self.never)].iter().filter(|(_, said)| *said) {
            text.push_str(word);
        }
        for (place, name, id) in &self.units {
            text.push_str(&format!("unit {id} {place}\t{name}\n"));
        }
        let dir = dir(target);
        match fs::create_dir(&dir) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => Err(crate::base::fs::at(&dir, e)),
            _ => write_atomic(&dir.join("seeded"), text.as_bytes(), 0o666, Durability::Lazy),
        }
    }
}

fn text(target: &Path) -> String {
    fs::read_to_string(dir(target).join("seeded")).unwrap_or_default()
}

/// The target directory with a note in it above a compiler's output directory.
pub fn target_above(out_dir: &Path) -> Option<&Path> {
    out_dir.ancestors().take(DEEPEST).find(|d| dir(d).join("seeded").is_file())
}

/// Makes cargo look anew at everything that was put there, and puts nothing there any more; what that was, by its names in
/// the store. Files stay: cargo replaces them.
///
/// # Errors
/// If a fingerprint cannot be removed.
pub fn withdraw(target: &Path) -> io::Result<Vec<Digest>> {
    let marker = Marker::read(target);
    let mut dirs = std::collections::HashMap::new();
    for (place, name, _) in &marker.units {
        let known = dirs.entry(place).or_insert_with(|| layout::fingerprints(&target.join(place)));
        if let Some(fingerprint) = known.get(name) {
            match fs::remove_dir_all(target.join(place).join(fingerprint)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
    }
    Marker { never: true, ..Marker::default() }.write(target)?;
    fs::write(dir(target).join("withdrawn"), "")?;
    Ok(marker.units.into_iter().map(|(_, _, id)| id).collect())
}

/// Whether everything was withdrawn since this was asked last.
pub fn was_withdrawn(target: &Path) -> bool {
    fs::remove_file(dir(target).join("withdrawn")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_what_is_not_understood_says_nothing() {
        let target = tempfile::tempdir().expect("temporary directory");
        let marker = Marker {
            call: Some(Digest::of(b"call")),
            taken: true,
            never: false,
            units: vec![("debug".into(), "a-0123456789abcdef".into(), Digest::of(b"a"))],
        };
        assert_eq!(Marker::read(target.path()), Marker::default());
        marker.write(target.path()).expect("written");
        assert_eq!(Marker::read(target.path()), marker);
        assert_eq!(Marker::read_head(target.path()), Marker { units: Vec::new(), ..marker.clone() });
        assert_eq!(target_above(&target.path().join("debug/deps")), Some(target.path()));
        fs::write(dir(target.path()).join("seeded"), "rustc-hyperopt seeds 2\nnever\n").expect("written");
        assert_eq!(Marker::read(target.path()), Marker::default());
    }

    #[test]
    fn what_is_withdrawn_is_not_fresh_and_comes_never_again() {
        let target = tempfile::tempdir().expect("temporary directory");
        let units = ["a-0123456789abcdef", "b-0123456789abcdef"];
        for unit in units {
            fs::create_dir_all(target.path().join("debug/.fingerprint").join(unit)).expect("created");
        }
        let seeded = vec![("debug".to_owned(), units[0].to_owned(), Digest::of(b"a"))];
        Marker { units: seeded, ..Marker::default() }.write(target.path()).expect("written");
        assert!(!was_withdrawn(target.path()));
        assert_eq!(withdraw(target.path()).expect("withdrawn"), [Digest::of(b"a")]);
        let is_there = |unit: &str| target.path().join("debug/.fingerprint").join(unit).exists();
        assert!(!is_there(units[0]) && is_there(units[1]));
        assert!(Marker::read(target.path()).never);
        assert!(was_withdrawn(target.path()) && !was_withdrawn(target.path()));
    }
}
