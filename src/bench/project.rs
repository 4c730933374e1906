//! The user's project: what cargo says of it.
//!
//! It must never write anything below the project.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use super::{error::BenchError, tool::Programs};
use crate::cargo::metadata::{Metadata, Package};

/// A package of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub name: String,
    pub dir: PathBuf,
    /// Members that need it, also by way of others.
    pub dependents: usize,
    /// Paths of edition 2015 mean something else.
    pub is_modern: bool,
}

/// Asks cargo about the workspace of a directory; nothing is written.
///
/// # Errors
/// In cargo's words.
pub fn metadata(programs: &Programs, dir: &Path) -> Result<Metadata, BenchError> {
    let mut command = programs.command(&programs.cargo, dir);
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    let output = command.output().map_err(|e| BenchError::Start(programs.cargo.clone(), e))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(BenchError::Cargo { what: "`cargo metadata`".into(), said });
    }
    Ok(Metadata::parse(&output.stdout)?)
}

/// Something that would not be copied with the workspace.
pub fn outside(metadata: &Metadata) -> Option<&Path> {
    let manifests = metadata.packages.iter().filter_map(|p| p.manifest_path.parent());
    let paths = metadata.packages.iter().flat_map(|p| &p.dependencies).filter_map(|d| d.path.as_deref());
    manifests.chain(paths).find(|dir| !dir.starts_with(&metadata.workspace_root))
}

/// All members, those that most others need first.
pub fn members(metadata: &Metadata) -> Vec<Member> {
    let mut needed_by: BTreeMap<&Path, BTreeSet<&Path>> = BTreeMap::new();
    for package in &metadata.packages {
        let Some(dir) = package.manifest_path.parent() else { continue };
        for path in package.dependencies.iter().filter_map(|d| d.path.as_deref()) {
            needed_by.entry(path).or_default().insert(dir);
        }
    }
    let member = |package: &Package| {
        let dir = package.manifest_path.parent()?;
        let (mut all, mut next) = (BTreeSet::new(), vec![dir]);
        while let Some(dir) = next.pop() {
            let more = needed_by.get(dir).into_iter().flatten().filter(|d| all.insert(**d));
            next.extend(more);
        }
        let dependents = all.iter().filter(|d| **d != dir).count();
        Some(Member { name: package.name.clone(), dir: dir.to_owned(), dependents, is_modern: package.edition != "2015" })
    };
    let mut members: Vec<Member> = metadata.packages.iter().filter_map(member).collect();
    members.sort_by_key(|m| std::cmp::Reverse(m.dependents));
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::metadata::Dependency;

    fn workspace(needs: &[(&str, &[&str])]) -> Metadata {
        let package = |(name, needs): &(&str, &[&str])| Package {
            name: (*name).into(),
            edition: "2021".into(),
            manifest_path: format!("/w/{name}/Cargo.toml").into(),
            dependencies: needs
                .iter()
                .map(|n| Dependency { path: Some(format!("/w/{n}").into()), ..Dependency::default() })
                .collect(),
            ..Package::default()
        };
        let packages = needs.iter().map(package).collect();
        Metadata { packages, workspace_root: "/w".into(), ..Metadata::default() }
    }

    #[test]
    fn what_most_others_need_comes_first() {
        // A package may need itself by way of its tests.
        let metadata = workspace(&[("app", &["mid", "base"]), ("mid", &["base", "mid"]), ("base", &[]), ("alone", &[])]);
        let order: Vec<_> = members(&metadata).into_iter().map(|m| (m.name, m.dependents)).collect();
        let expected = [("base", 2), ("mid", 1), ("app", 0), ("alone", 0)].map(|(n, d)| (n.to_owned(), d));
        assert_eq!(order, expected);
        assert_eq!(outside(&metadata), None);
    }
}
