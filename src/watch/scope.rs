//! Which directories belong to a project: the workspace's, its members', and those of path dependencies that lie elsewhere.
//!
//! Cargo is asked (`cargo metadata --no-deps`, which resolves nothing, locks nothing and needs no network), once more for every
//! path dependency outside. What it does not tell, because a manifest is being edited and broken, is not watched until it is mended.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde::Deserialize;

use crate::cargo::metadata::Metadata;

/// How cargo is asked.
#[derive(Debug, Clone)]
pub struct Asking {
    pub cargo: PathBuf,
    /// With its `+`.
    pub toolchain: Option<OsString>,
    pub cwd: PathBuf,
    /// `--manifest-path` of the user.
    pub manifest: Option<PathBuf>,
    /// The workspace's directory.
    pub root: PathBuf,
    /// Cargo's home.
    pub cargo_home: Option<PathBuf>,
}

/// What it comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// With everything below.
    pub roots: BTreeSet<PathBuf>,
    /// Only for cargo's own files in them.
    pub configs: BTreeSet<PathBuf>,
    pub targets: BTreeSet<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Patches {
    patch: toml::Table,
}

/// Path dependencies that are followed: more are no project.
const MOST: usize = 500;

impl Asking {
    /// What is known without asking.
    pub fn at_once(&self) -> Scope {
        let mut scope = Scope { roots: [self.root.clone()].into(), ..Scope::default() };
        let above = self.cwd.ancestors().map(|dir| dir.join(".cargo"));
        scope.configs = above.chain(self.cargo_home.clone()).filter(|dir| dir.is_dir()).collect();
        scope
    }

    /// Everything, or nothing new if cargo cannot tell.
    pub fn ask(&self) -> Scope {
        let mut scope = self.at_once();
        let Some(first) = self.metadata(self.manifest.as_deref()) else { return scope };
        let mut open: Vec<PathBuf> = patches(&first.workspace_root);
        take(&mut scope, &mut open, first);
        let mut seen = BTreeSet::new();
        while let Some(dir) = open.pop() {
            let dir = dir.canonicalize().unwrap_or(dir);
            if scope.covers(&dir) || seen.len() > MOST || !seen.insert(dir.clone()) {
                continue;
            }
            // Of another workspace only this package counts.
            if let Some(mut other) = self.metadata(Some(&dir.join("Cargo.toml"))) {
                other.packages.retain(|p| p.manifest_path.parent() == Some(&dir));
                scope.targets.extend(other.build_directory.into_iter().chain([other.target_directory]));
                open.extend(other.packages.into_iter().flat_map(|p| p.dependencies).filter_map(|d| d.path));
            }
            scope.roots.insert(dir);
        }
        scope
    }

    fn metadata(&self, manifest: Option<&Path>) -> Option<Metadata> {
        let mut command = Command::new(&self.cargo);
        command.args(&self.toolchain).args(["metadata", "--no-deps", "--format-version=1", "--offline"]);
        if let Some(manifest) = manifest {
            command.arg("--manifest-path").arg(manifest);
        }
        command.current_dir(&self.cwd).stdin(Stdio::null()).stderr(Stdio::null());
        Metadata::parse(&command.output().ok()?.stdout).ok()
    }
}

impl Scope {
    fn covers(&self, dir: &Path) -> bool {
        self.roots.iter().any(|root| dir.starts_with(root))
    }
}

fn take(scope: &mut Scope, open: &mut Vec<PathBuf>, metadata: Metadata) {
    scope.targets.extend(metadata.build_directory.into_iter().chain([metadata.target_directory]));
    let mut dirs = vec![metadata.workspace_root];
    for package in metadata.packages {
        dirs.extend(package.manifest_path.parent().map(PathBuf::from));
        open.extend(package.dependencies.into_iter().filter_map(|d| d.path));
    }
    // Members may lie outside of the workspace's directory.
    dirs.into_iter().for_each(|dir| {
        if !scope.covers(&dir) {
            scope.roots.insert(dir);
        }
    });
}

/// Paths in `[patch]`, which `--no-deps` does not tell.
fn patches(root: &Path) -> Vec<PathBuf> {
    let text = fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
    let Patches { patch } = toml::from_str(&text).unwrap_or_default();
    let tables = patch.values().filter_map(|source| source.as_table()).flat_map(|source| source.values());
    tables.filter_map(|dependency| Some(root.join(dependency.get("path")?.as_str()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().expect("has a parent")).expect("made");
        fs::write(path, text).expect("written");
    }

    #[test]
    fn path_dependencies_are_followed_wherever_they_lie() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let top = dir.path().canonicalize().expect("exists");
        let package =
            |name: &str, more: &str| format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n{more}");
        for name in ["ws/a", "far", "farther", "patched", "ws2/other", "ws2/used"] {
            write(&top.join(name).join("src/lib.rs"), "");
        }
        write(
            &top.join("ws/Cargo.toml"),
            "[workspace]\nmembers = [\"a\"]\n[patch.crates-io]\npatched = { path = \"../patched\" }\n",
        );
        let needs = "[dependencies]\nfar = { path = \"../../far\" }\n[dev-dependencies]\nused = { path = \"../../ws2/used\" }\n";
        write(&top.join("ws/a/Cargo.toml"), &package("a", needs));
        write(
            &top.join("far/Cargo.toml"),
            &package("far", "[target.'cfg(unix)'.dependencies]\nfarther = { path = \"../farther\" }\n"),
        );
        write(
            &top.join("farther/Cargo.toml"),
            &package("farther", "[dependencies]\nfar = { path = \"../far\", optional = true }\n"),
        );
        write(&top.join("patched/Cargo.toml"), &package("patched", ""));
        write(&top.join("ws2/Cargo.toml"), "[workspace]\nmembers = [\"other\", \"used\"]\n");
        write(&top.join("ws2/other/Cargo.toml"), &package("other", ""));
        write(&top.join("ws2/used/Cargo.toml"), &package("used", ""));
        let asking = Asking {
            cargo: "cargo".into(),
            toolchain: None,
            cwd: top.join("ws/a"),
            manifest: None,
            root: top.join("ws"),
            cargo_home: None,
        };
        let scope = asking.ask();
        let expected = ["ws", "far", "farther", "patched", "ws2/used"].map(|d| top.join(d));
        assert_eq!(scope.roots, expected.into());
        assert!(scope.targets.contains(&top.join("ws/target")), "{scope:?}");
        write(&top.join("ws/Cargo.toml"), "[broken");
        assert_eq!(asking.ask(), asking.at_once());
    }
}
