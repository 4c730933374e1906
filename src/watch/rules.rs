//! Which files make a difference: not what `.gitignore` excludes, not what a build or an editor makes for itself.
//!
//! Manifests, the lock file and cargo's configuration count whatever is said about them. It must never leave out a file only because
//! cargo is unlikely to read it: any file may be included by a macro.

use std::{
    collections::{HashMap, HashSet},
    ffi::OsStr,
    fs::{File, Metadata},
    os::{fd::AsFd, unix::fs::MetadataExt},
    path::{Path, PathBuf},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

/// Directories of other tools.
const TOOLS: [&str; 8] = [".git", ".hg", ".svn", ".jj", ".idea", ".vscode", ".zed", ".direnv"];
/// Beginnings and ends of names that editors give to files for a moment, and of what they leave behind.
const BEGINNINGS: [&str; 4] = [".#", "#", ".goutputstream-", ".nfs"];
const ENDS: [&str; 10] = ["~", ".swp", ".swo", ".swx", ".swpx", ".tmp", ".bak", ".orig", ".rej", ".kate-swp"];
const PARTS: [&str; 2] = ["___jb_tmp___", "___jb_old___"];
/// Vim asks whether it can write to a directory by making a file of this name; the others are the desktop's.
const NAMES: [&str; 3] = ["4913", ".DS_Store", ".directory"];
/// Cargo reads these, whoever excludes them.
const CARGOS: [&str; 4] = ["Cargo.toml", "Cargo.lock", "rust-toolchain", "rust-toolchain.toml"];

/// What was read of `.gitignore` files, and where builds go.
pub struct Rules {
    by_dir: HashMap<PathBuf, Gitignore>,
    global: Gitignore,
    targets: HashSet<PathBuf>,
    /// Files that our own output goes to, by device and inode: whoever writes a log into the project wants no run for each line.
    logs: Vec<(u64, u64)>,
}

impl Default for Rules {
    fn default() -> Self {
        let streams = [std::io::stdout().as_fd().try_clone_to_owned(), std::io::stderr().as_fd().try_clone_to_owned()];
        let files = streams.into_iter().filter_map(|fd| File::from(fd.ok()?).metadata().ok()).filter(Metadata::is_file);
        let logs = files.map(|m| (m.dev(), m.ino())).collect();
        Self { by_dir: HashMap::new(), global: Gitignore::global().0, targets: HashSet::new(), logs }
    }
}

impl Rules {
    /// Builds go there.
    pub fn add_target(&mut self, dir: PathBuf) {
        self.targets.insert(dir);
    }

    /// Reads what the directories above `dir` say about it, up to the repository's.
    pub fn enter_parents(&mut self, dir: &Path) {
        for above in dir.ancestors().skip(1) {
            self.enter(above);
            if above.join(".git").exists() {
                return;
            }
        }
    }

    /// Reads, anew if need be, what a directory says about what is in it.
    pub fn enter(&mut self, dir: &Path) {
        let files = [dir.join(".git/info/exclude"), dir.join(".gitignore")];
        self.by_dir.remove(dir);
        let mut builder = GitignoreBuilder::new(dir);
        let mut any = false;
        for file in files.iter().filter(|f| f.is_file()) {
            // A line that cannot be understood excludes nothing.
            drop(builder.add(file));
            any = true;
        }
        if any && let Ok(rules) = builder.build() {
            self.by_dir.insert(dir.to_owned(), rules);
        }
    }

    /// A directory that was left out is not to be looked into.
    pub fn leaves_out_dir(&self, dir: &Path) -> bool {
        let name = dir.file_name().unwrap_or_default();
        TOOLS.iter().any(|t| name == *t)
            || self.targets.iter().any(|target| is_target(dir, target))
            // Made by cargo; the file is not there from the first moment on.
            || (name == "target" && dir.parent().is_some_and(|d| d.join("Cargo.toml").is_file()))
            || dir.join("CACHEDIR.TAG").is_file()
            || self.is_excluded(dir, true)
    }

    /// A file in a directory that was not left out makes no difference.
    pub fn leaves_out_file(&self, file: &Path) -> bool {
        let name = file.file_name().unwrap_or_default();
        if is_cargos(file) {
            return false;
        }
        // A target directory that is gone again is no directory.
        let is_target = || self.targets.iter().any(|target| is_target(file, target));
        TOOLS.iter().any(|t| name == *t)
            || name == ".gitignore"
            || is_target()
            || is_passing(name)
            || self.is_excluded(file, false)
            || self.is_log(file)
    }

    fn is_log(&self, file: &Path) -> bool {
        !self.logs.is_empty() && file.metadata().is_ok_and(|m| self.logs.contains(&(m.dev(), m.ino())))
    }

    /// The directories above are known not to be.
    fn is_excluded(&self, path: &Path, is_dir: bool) -> bool {
        for dir in path.ancestors().skip(1) {
            match self.by_dir.get(dir).map(|rules| rules.matched(path, is_dir)) {
                Some(Match::Ignore(_)) => return true,
                Some(Match::Whitelist(_)) => return false,
                _ => {}
            }
        }
        self.global.matched(path, is_dir).is_ignore()
    }
}

/// Manifests, the lock file, cargo's configuration, the toolchain's name.
pub fn is_cargos(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default();
    let in_cargo = || file.parent().and_then(Path::file_name).is_some_and(|d| d == ".cargo");
    CARGOS.iter().any(|c| name == *c) || ((name == "config.toml" || name == "config") && in_cargo())
}

/// It is `target`, or cargo is about to make it that.
fn is_target(dir: &Path, target: &Path) -> bool {
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let more = || {
        name(dir)
            .strip_prefix(&name(target))
            .is_some_and(|rest| rest.len() == 6 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
    };
    dir == target || (dir.parent() == target.parent() && more())
}

/// A file of an editor's own.
fn is_passing(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    NAMES.contains(&&*name)
        || BEGINNINGS.iter().any(|b| name.starts_with(b))
        || ENDS.iter().any(|e| name.ends_with(e))
        || PARTS.iter().any(|p| name.contains(p))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_git_leaves_out_is_left_out_and_cargos_files_never() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let root = dir.path();
        fs::create_dir_all(root.join(".git/info")).expect("made");
        fs::create_dir_all(root.join("ws/a/src")).expect("made");
        fs::write(root.join(".gitignore"), "*.log\n/ws/gen/\nCargo.lock\n").expect("written");
        fs::write(root.join(".git/info/exclude"), "mine.rs\n").expect("written");
        fs::write(root.join("ws/a/.gitignore"), "!kept.log\nlocal/\n").expect("written");
        let mut rules = Rules::default();
        let ws = root.join("ws");
        rules.enter_parents(&ws);
        rules.enter(&ws);
        rules.enter(&ws.join("a"));
        for file in ["x.log", "a/src/mine.rs", "a/src/lib.rs~", "a/src/.lib.rs.swp", "a/4913", ".gitignore", "a/.#lib.rs"] {
            assert!(rules.leaves_out_file(&ws.join(file)), "{file}");
        }
        for file in ["a/src/lib.rs", "a/kept.log", "Cargo.lock", "Cargo.toml", ".cargo/config.toml", "a/.env", "data.txt"] {
            assert!(!rules.leaves_out_file(&ws.join(file)), "{file}");
        }
        for out in ["gen", "a/local", ".git"] {
            assert!(rules.leaves_out_dir(&ws.join(out)), "{out}");
        }
        assert!(!rules.leaves_out_dir(&ws.join("a/src")) && !rules.leaves_out_dir(&ws.join("target")));
        fs::write(ws.join("Cargo.toml"), "").expect("written");
        rules.add_target(root.join("elsewhere"));
        assert!(rules.leaves_out_dir(&ws.join("target")) && rules.leaves_out_dir(&root.join("elsewhere")));
        assert!(rules.leaves_out_dir(&root.join("elsewhereD3x01O")) && !rules.leaves_out_dir(&root.join("elsewhere-not")));
    }
}
