//! The workspace a command is about: its root, told from manifests on the way up.
//!
//! As cargo's `core/workspace.rs` (`find_root`), without globs of `members`: a package that lies below a workspace without
//! being excluded and without belonging to it is one that cargo refuses to build.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Manifest {
    package: Option<Package>,
    workspace: Option<Workspace>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Package {
    workspace: Option<toml::Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Workspace {
    exclude: Vec<String>,
    members: Vec<String>,
}

/// The directory with the workspace's manifest; `manifest` is the one that was named, if any.
pub fn root(cwd: &Path, manifest: Option<&Path>) -> Option<PathBuf> {
    let dir = match manifest {
        // Cargo does not follow links here either.
        Some(file) => plain(&cwd.join(file))?.parent()?.to_owned(),
        None => cwd.ancestors().find(|d| d.join("Cargo.toml").is_file())?.to_owned(),
    };
    let own = read(&dir)?;
    if own.workspace.is_some() {
        return Some(dir);
    }
    if let Some(toml::Value::String(named)) = own.package.and_then(|p| p.workspace) {
        return Some(plain(&dir.join(named).join("Cargo.toml"))?.parent()?.to_owned());
    }
    for above in dir.ancestors().skip(1) {
        let Some(workspace) = read(above).and_then(|m| m.workspace) else { continue };
        let below = |paths: &[String]| paths.iter().any(|p| dir.starts_with(above.join(p)));
        return if below(&workspace.exclude) && !below(&workspace.members) { Some(dir) } else { Some(above.to_owned()) };
    }
    Some(dir)
}

/// Without `.` and `..`, as far as that can be told from the path alone; nothing if there is no such file.
fn plain(path: &Path) -> Option<PathBuf> {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(out.pop()),
            part => out.push(part),
        }
    }
    out.is_file().then_some(out)
}

fn read(dir: &Path) -> Option<Manifest> {
    toml::from_str(&fs::read_to_string(dir.join("Cargo.toml")).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_workspace_that_does_not_exclude_it() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let top = dir.path().canonicalize().expect("exists");
        let write = |at: &str, text: &str| {
            fs::create_dir_all(top.join(at)).expect("created");
            fs::write(top.join(at).join("Cargo.toml"), text).expect("written");
        };
        let package = "[package]\nname = 'x'\nversion = '0.1.0'\n";
        write("", "[workspace]\nmembers = ['a/*']\nexclude = ['out']\n");
        write("a/x", package);
        write("out/y", package);
        write("b", &format!("{package}workspace = '..'\n"));
        write("c", &format!("{package}[workspace]\n"));
        fs::create_dir_all(top.join("a/x/src")).expect("created");
        assert_eq!(root(&top.join("a/x/src"), None), Some(top.clone()));
        assert_eq!(root(&top.join("out/y"), None), Some(top.join("out/y")));
        assert_eq!(root(&top.join("b"), None), Some(top.clone()));
        assert_eq!(root(&top, Some(Path::new("c/Cargo.toml"))), Some(top.join("c")));
        assert_eq!(root(&top, Some(Path::new("no/Cargo.toml"))), None);
    }
}
