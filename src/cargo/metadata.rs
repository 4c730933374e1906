//! What `cargo metadata` says of packages, their features and who asked for them.
//!
//! It must never run cargo; whoever does gives the text. What is not understood is left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use serde::Deserialize;

/// The parts of the document that are of use here.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub packages: Vec<Package>,
    pub workspace_members: Vec<String>,
    pub workspace_root: PathBuf,
    pub target_directory: PathBuf,
    /// Absent before cargo 1.91, where it is the target directory.
    pub build_directory: Option<PathBuf>,
    pub(crate) resolve: Option<Resolve>,
}

/// A package.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    pub edition: String,
    pub manifest_path: PathBuf,
    pub features: BTreeMap<String, Vec<String>>,
    pub dependencies: Vec<Dependency>,
    /// Where it was downloaded from; nothing for what lies on this machine.
    pub source: Option<String>,
    pub targets: Vec<Target>,
}

/// What a package is compiled to.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Target {
    /// `lib`, `bin`, `proc-macro`, `custom-build`, …
    pub kind: Vec<String>,
    pub src_path: PathBuf,
}

/// A line of a manifest.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Dependency {
    pub name: String,
    pub rename: Option<String>,
    /// `dev` or `build`; nothing for ordinary ones.
    pub kind: Option<String>,
    pub optional: bool,
    pub features: Vec<String>,
    pub uses_default_features: bool,
    /// The directory of a package that is not downloaded.
    pub path: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Resolve {
    nodes: Vec<Node>,
}

/// A package with what was decided about it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Node {
    id: String,
    deps: Vec<Resolved>,
    features: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Resolved {
    /// The name of the crate as the package's code has it.
    name: String,
    pkg: String,
}

impl Metadata {
    /// Reads the document.
    ///
    /// # Errors
    /// If it is not one.
    pub fn parse(text: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    /// A package by its id.
    pub fn package(&self, id: &str) -> Option<&Package> {
        self.packages.iter().find(|p| p.id == id)
    }

    /// Whom every package needs, and for which of its dependencies: `(name in the manifest, id)`.
    pub fn edges(&self) -> BTreeMap<&str, Vec<(&str, &str)>> {
        let mut all = BTreeMap::new();
        for node in self.resolve.iter().flat_map(|r| &r.nodes) {
            let Some(package) = self.package(&node.id) else { continue };
            let mut found: BTreeSet<(&str, &str)> = BTreeSet::new();
            for resolved in &node.deps {
                let Some(target) = self.package(&resolved.pkg) else { continue };
                // A dependency is found by its package, and by its other name where it has one.
                let is_it = |d: &&Dependency| {
                    d.name == target.name && d.rename.as_ref().is_none_or(|r| r.replace('-', "_") == resolved.name)
                };
                found.extend(package.dependencies.iter().filter(is_it).map(|d| (d.key(), resolved.pkg.as_str())));
            }
            all.insert(node.id.as_str(), found.into_iter().collect());
        }
        all
    }

    /// The features of a package that are on.
    pub fn enabled(&self, id: &str) -> &[String] {
        let node = self.resolve.iter().flat_map(|r| &r.nodes).find(|n| n.id == id);
        node.map_or(&[], |n| n.features.as_slice())
    }
}

impl Dependency {
    /// The name in the manifest.
    pub fn key(&self) -> &str {
        self.rename.as_deref().unwrap_or(&self.name)
    }
}
