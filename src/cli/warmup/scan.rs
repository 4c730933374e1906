//! Which projects there are below a directory.
//!
//! Preparing a project runs its build scripts and procedural macros, so it must never name one that the user has not pointed
//! at: no link is followed, a workspace that begins above the directory is passed over, and so is what belongs to somebody
//! else. Nothing is run and nothing is written here.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::cargo::workspace;

/// Directories below the one that was named.
const DEEPEST: usize = 8;
/// Directories that are looked into.
const MOST_DIRS: usize = 50_000;
/// Projects that are prepared in one go.
const MOST: usize = 200;
/// Directories with sources of others, or with none.
const SKIPPED: [&str; 3] = ["target", "node_modules", "vendor"];

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Directories of workspaces, those whose lock file has changed last in front.
    pub roots: Vec<PathBuf>,
    /// Those that are left out, and why.
    pub passed_over: Vec<(PathBuf, &'static str)>,
    /// There is more than was looked at.
    pub cut_short: bool,
}

/// Looks below these directories.
pub fn below(dirs: &[PathBuf]) -> Found {
    let mut found = Found::default();
    let mut dated: Vec<(SystemTime, PathBuf)> = Vec::new();
    let mut looked = 0;
    for named in dirs {
        let Ok(named) = named.canonicalize() else {
            found.passed_over.push((named.clone(), "it cannot be read"));
            continue;
        };
        let mut rest = vec![(named.clone(), 0)];
        while let Some((dir, depth)) = rest.pop() {
            looked += 1;
            if looked > MOST_DIRS {
                found.cut_short = true;
                break;
            }
            // A directory that was named is meant, whoever owns it.
            match judge(&dir, &named, dir == named) {
                Judged::No => {}
                Judged::Project(at) => dated.push((at, dir.clone())),
                Judged::PassedOver(why) => found.passed_over.push((dir.clone(), why)),
            }
            if depth < DEEPEST {
                rest.extend(children(&dir).into_iter().map(|d| (d, depth + 1)));
            }
        }
    }
    dated.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    for (_, root) in dated {
        if !found.roots.contains(&root) {
            found.roots.push(root);
        }
    }
    found.cut_short |= found.roots.len() > MOST;
    found.roots.truncate(MOST);
    found
}

/// Of directories that were built before, those that can be built still.
pub fn known(roots: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
    roots.into_iter().filter(|r| matches!(judge(r, r, false), Judged::Project(_))).take(MOST).collect()
}

enum Judged {
    No,
    /// With the time of its lock file.
    Project(SystemTime),
    PassedOver(&'static str),
}

fn judge(dir: &Path, named: &Path, is_meant: bool) -> Judged {
    let Ok(lock) = fs::symlink_metadata(dir.join("Cargo.lock")).and_then(|m| Ok((m.modified()?, m))) else { return Judged::No };
    if !dir.join("Cargo.toml").is_file() {
        return Judged::No;
    }
    let is_ours = |uid: u32| uid == nix::unistd::geteuid().as_raw();
    let all_ours = || is_ours(lock.1.uid()) && dir.metadata().is_ok_and(|m| is_ours(m.uid()));
    if !is_meant && !all_ours() {
        return Judged::PassedOver("it belongs to another user");
    }
    match workspace::root(dir, None) {
        Some(root) if root == dir => Judged::Project(lock.0),
        Some(root) if root.starts_with(named) => Judged::No,
        Some(_) => Judged::PassedOver("its workspace begins above the directory that was named"),
        None => Judged::PassedOver("its manifest cannot be read"),
    }
}

/// Directories that may hold projects.
fn children(dir: &Path) -> Vec<PathBuf> {
    let may = |entry: &fs::DirEntry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Not through links: they may lead anywhere, and in circles.
        entry.file_type().is_ok_and(|t| t.is_dir())
            && !name.starts_with('.')
            && !SKIPPED.contains(&&*name)
            && !entry.path().join("CACHEDIR.TAG").exists()
    };
    fs::read_dir(dir).into_iter().flatten().flatten().filter(may).map(|e| e.path()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn projects_that_were_named_and_no_others() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let top = dir.path().canonicalize().expect("exists");
        let project = |at: &str, manifest: &str| {
            fs::create_dir_all(top.join(at)).expect("created");
            fs::write(top.join(at).join("Cargo.toml"), manifest).expect("written");
            fs::write(top.join(at).join("Cargo.lock"), "version = 4\n").expect("written");
        };
        let package = "[package]\nname = 'x'\nversion = '0.1.0'\n[workspace]\n";
        for at in ["in/a", "in/deep/b", "in/a/fuzz", "in/.hidden/c", "in/target/d", "in/node_modules/e", "in/vendor/f", "out/g"] {
            project(at, package);
        }
        project("in/out-of-the-way/h", package);
        fs::write(top.join("in/out-of-the-way/CACHEDIR.TAG"), "").expect("written");
        project("ws", "[workspace]\nmembers = ['m']\n");
        project("ws/m", "[package]\nname = 'm'\nversion = '0.1.0'\n");
        fs::write(top.join("in/Cargo.lock"), "").expect("written");
        symlink(&top, top.join("in/loop")).expect("linked");
        symlink(top.join("out"), top.join("in/deep/out")).expect("linked");

        let mut found = below(&[top.join("in")]);
        found.roots.sort();
        let expected: Vec<PathBuf> = ["in/a", "in/a/fuzz", "in/deep/b"].iter().map(|p| top.join(p)).collect();
        assert_eq!(found, Found { roots: expected, ..Found::default() });

        assert_eq!(below(&[top.join("ws")]).roots, [top.join("ws")], "a member is part of its workspace");
        let member = below(&[top.join("ws/m"), top.join("none")]);
        assert!(member.roots.is_empty() && member.passed_over.len() == 2, "{member:?}");
        assert_eq!(below(&[top.join("in/a"), top.join("in/a/fuzz")]).roots.len(), 2, "each once");
        assert_eq!(known([top.join("in/a"), top.join("gone"), top.join("ws/m")]), [top.join("in/a")]);
    }
}
