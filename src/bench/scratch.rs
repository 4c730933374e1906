//! The one directory in which everything happens; it goes when it is dropped.
//!
//! It must be short, because sockets lie in it, and without links, because background processes name it as the kernel does.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::base::fs::{at, private_dir};

/// The directory.
pub struct Scratch(Option<PathBuf>);

impl Scratch {
    /// A new one below `parent`, or where temporary files are.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(parent: Option<&Path>) -> std::io::Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        fs::create_dir_all(&parent).map_err(|e| at(&parent, e))?;
        let parent = parent.canonicalize().map_err(|e| at(&parent, e))?;
        let dir = parent.join(format!("hyperopt-bench-{}", std::process::id()));
        // Left over from a process with the same number that was killed.
        drop(fs::remove_dir_all(&dir));
        private_dir(&dir)?;
        let scratch = Self(Some(dir));
        fs::create_dir(scratch.dir().join("logs")).map_err(|e| at(scratch.dir(), e))?;
        Ok(scratch)
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }

    /// It stays.
    pub fn keep(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(dir) = &self.0 {
            // What stays is in the directory for temporary files.
            drop(fs::remove_dir_all(dir));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_unless_it_is_kept() {
        let parent = tempfile::tempdir().expect("temporary directory");
        let scratch = Scratch::new(Some(parent.path())).expect("made");
        assert!(scratch.dir().join("logs").is_dir());
        drop(scratch);
        assert_eq!(fs::read_dir(parent.path()).expect("readable").count(), 0);
        let kept = Scratch::new(Some(parent.path())).expect("made").keep();
        assert!(kept.is_dir());
    }
}
