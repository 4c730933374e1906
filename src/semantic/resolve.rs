//! Which files a `mod name;` may mean, by the compiler's rules; whether they exist is for others to say.

use std::path::{Component, Path, PathBuf};

use super::marks::ModDecl;

/// From where the modules that a file declares are looked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Home {
    dir: PathBuf,
    /// The folder in it for modules without `#[path]`, if the file is not a `mod.rs` or its like.
    relative: Option<String>,
}

impl Home {
    /// That of a crate's root, a `mod.rs`, or a file that was named by `#[path]`.
    pub fn of_root(file: &Path) -> Self {
        Self { dir: file.parent().unwrap_or(Path::new("")).to_owned(), relative: None }
    }

    /// What a declaration in a file with this home may mean: the files, normalised, and their homes. More than one if a
    /// `cfg_attr` decides, and since a module may be `name.rs` or `name/mod.rs`.
    pub fn candidates(&self, decl: &ModDecl) -> Vec<(PathBuf, Self)> {
        let mut homes = vec![self.clone()];
        for (name, paths) in &decl.inline {
            homes = homes.iter().flat_map(|home| home.enter(name, paths)).take(MOST).collect();
        }
        homes.iter().flat_map(|home| home.files(decl)).collect()
    }

    /// The homes that an inline module makes of this one.
    fn enter(&self, name: &str, paths: &[(bool, String)]) -> Vec<Self> {
        let here = |dir: PathBuf| Self { dir, relative: None };
        let mut homes: Vec<Self> = paths.iter().map(|(_, path)| here(self.dir.join(path))).collect();
        if paths.iter().all(|(conditional, _)| *conditional) {
            homes.push(here(self.base().join(name)));
        }
        homes
    }

    fn files(&self, decl: &ModDecl) -> Vec<(PathBuf, Self)> {
        let mut files: Vec<(PathBuf, Self)> = Vec::new();
        for (_, path) in &decl.paths {
            let file = self.dir.join(path);
            let home = Self::of_root(&file);
            files.push((normal(&file), home));
        }
        if decl.paths.iter().all(|(conditional, _)| *conditional) {
            let base = self.base();
            let flat = base.join(format!("{}.rs", decl.name));
            files.push((normal(&flat), Self { dir: base.clone(), relative: Some(decl.name.clone()) }));
            let nested = base.join(&decl.name).join("mod.rs");
            files.push((normal(&nested), Self::of_root(&nested)));
        }
        files
    }

    fn base(&self) -> PathBuf {
        match &self.relative {
            Some(name) => self.dir.join(name),
            None => self.dir.clone(),
        }
    }
}

/// A bound on how many ways `cfg_attr`s on nested modules are multiplied.
const MOST: usize = 64;

/// A path without `.` and `..`, as far as that can be told from the path alone.
pub fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            part => out.push(part),
        }
    }
    out
}
