//! The directories crates are searched in.
//!
//! In cargo's older layout that is one with thousands of files, where a file is asked for by name. In the newer one each
//! unit has its own: asking each of them for each crate takes 100,000 system calls for a program with 300 dependencies,
//! so they are listed. It must never decide which file of a crate counts. A directory that cannot be read has no files.

use std::{
    cell::OnceCell,
    collections::HashMap,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

/// More directories are listed rather than asked.
const FEW: usize = 4;

/// In the order of the command line.
#[derive(Debug, Default)]
pub struct CrateDirs {
    dirs: Vec<PathBuf>,
    /// File name to the places of the directories that have it.
    listed: OnceCell<HashMap<OsString, Vec<usize>>>,
}

impl CrateDirs {
    /// Absolute directories.
    pub fn new(dirs: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { dirs: dirs.into_iter().collect(), listed: OnceCell::new() }
    }

    /// The files in all of them, in the order of the directories.
    pub fn files(&self) -> impl Iterator<Item = PathBuf> {
        self.dirs.iter().flat_map(|dir| names(dir).map(move |name| dir.join(name)))
    }

    /// The first of `names` in the first directory that has one of them.
    pub fn find<N: AsRef<Path>>(&self, names: &[N]) -> Option<PathBuf> {
        let in_dir = |dir: &Path| names.iter().map(|n| dir.join(n)).find(|p| p.exists());
        if self.dirs.len() <= FEW {
            return self.dirs.iter().find_map(|dir| in_dir(dir));
        }
        let listed = self.listed.get_or_init(|| self.list());
        let mut places: Vec<_> = names.iter().filter_map(|n| listed.get(n.as_ref().as_os_str())).flatten().collect();
        places.sort_unstable();
        places.into_iter().find_map(|place| in_dir(&self.dirs[*place]))
    }

    fn list(&self) -> HashMap<OsString, Vec<usize>> {
        let mut all = HashMap::<_, Vec<_>>::new();
        for (place, dir) in self.dirs.iter().enumerate() {
            for name in names(dir).filter(|n| is_crate(n)) {
                all.entry(name).or_default().push(place);
            }
        }
        all
    }
}

/// Whether a file of this name can be a crate.
pub fn is_crate(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|e| ["rlib", "rmeta", "so", "dylib", "dll"].iter().any(|kind| e == *kind))
}

fn names(dir: &Path) -> impl Iterator<Item = OsString> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.file_name())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many directories as that, of which the one but last and the last have the library, and the last has more.
    fn found(count: usize, names: &[&str]) -> Option<String> {
        let dir = tempfile::tempdir().expect("temporary directory");
        let dirs: Vec<PathBuf> = (0..count).map(|n| dir.path().join(n.to_string())).collect();
        for (at, content) in [(1, &["liba-1.rlib"][..]), (0, &["liba-1.rlib", "liba-1.rmeta", "libm-2.so", "m.d"])] {
            let to = &dirs[count - 1 - at];
            fs::create_dir(to).expect("made");
            for name in content {
                fs::write(to.join(name), name).expect("written");
            }
        }
        std::os::unix::fs::symlink("nothing", dirs[count - 2].join("libm-2.so")).expect("linked");
        let found = CrateDirs::new(dirs).find(names)?;
        Some(found.strip_prefix(dir.path()).expect("below").display().to_string())
    }

    #[test]
    fn few_and_many_directories_give_the_same() {
        for count in [2, FEW, FEW + 1, 3 * FEW] {
            let at = |name: &str, from_end: usize| Some(format!("{}/{name}", count - from_end));
            assert_eq!(found(count, &["liba-1.rlib"]), at("liba-1.rlib", 2), "{count}: the first directory");
            assert_eq!(found(count, &["liba-1.rmeta"]), at("liba-1.rmeta", 1), "{count}");
            assert_eq!(found(count, &["liba-1.rmeta", "liba-1.rlib"]), at("liba-1.rlib", 2), "{count}: directories before names");
            assert_eq!(found(count, &["libm-2.so"]), at("libm-2.so", 1), "{count}: a link to nothing is no file");
            assert_eq!(found(count, &["libb-1.rlib"]), None, "{count}");
        }
    }
}
