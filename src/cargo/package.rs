//! Which package a source file belongs to, told from where cargo keeps downloaded sources.
//!
//! Only what cargo itself has downloaded counts: nobody edits it, and it lies at the same path for every project of a user.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

/// Digits of a commit by which cargo names a checkout (source: `sources/git/source.rs`, `short_id`, at least seven).
const SHORT: usize = 7;

/// A package: one that is the same in every project, or one of somebody's own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum PackageId {
    /// From a registry. Which registry is not told apart: the path of the sources is part of cargo's fingerprint.
    Registry { name: String, version: String },
    /// From a git repository, at the commit with these first digits.
    Git { name: String, revision: String },
    /// One that somebody may edit, in this directory; never in a lock file's list.
    Local { name: String, dir: String },
}

impl PackageId {
    /// As `Cargo.lock` has it.
    pub fn from_lock(name: &str, version: &str, source: &str) -> Option<Self> {
        if source.starts_with("git+") {
            let (_, commit) = source.rsplit_once('#')?;
            return Some(Self::Git { name: name.into(), revision: commit.get(..SHORT)?.into() });
        }
        let is_registry = source.starts_with("registry+") || source.starts_with("sparse+");
        is_registry.then(|| Self::Registry { name: name.into(), version: version.into() })
    }

    /// The package called `name` to which `source`, a path below cargo's home, belongs; `None` for sources elsewhere.
    pub fn from_source(name: &str, source: &Path, cargo_home: &Path) -> Option<Self> {
        let below: Vec<&str> = source
            .strip_prefix(cargo_home)
            .ok()?
            .components()
            .map(|c| if let Component::Normal(part) = c { part.to_str() } else { None })
            .collect::<Option<_>>()?;
        match below.as_slice() {
            ["registry", "src", _, package, _, ..] => {
                let version = package.strip_prefix(name)?.strip_prefix('-')?;
                version
                    .starts_with(|c: char| c.is_ascii_digit())
                    .then(|| Self::Registry { name: name.into(), version: version.into() })
            }
            ["git", "checkouts", _, revision, _, ..] => {
                Some(Self::Git { name: name.into(), revision: revision.get(..SHORT)?.into() })
            }
            _ => None,
        }
    }

    /// Whether somebody may edit it.
    pub fn is_local(&self) -> bool {
        matches!(self, Self::Local { .. })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Registry { name, .. } | Self::Git { name, .. } | Self::Local { name, .. } => name,
        }
    }
}

impl std::fmt::Display for PackageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Registry { name, version } => write!(f, "{name} {version}"),
            Self::Git { name, revision } => write!(f, "{name} #{revision}"),
            Self::Local { name, dir } => write!(f, "{name} ({dir})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_below_cargos_home_have_a_package() {
        let home = Path::new("/h/.cargo");
        let of = |name: &str, path: &str| PackageId::from_source(name, Path::new(path), home).map(|p| p.to_string());
        let registry = "/h/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f";
        assert_eq!(of("serde", &format!("{registry}/serde-1.0.2/src/lib.rs")).as_deref(), Some("serde 1.0.2"));
        assert_eq!(of("a-b", &format!("{registry}/a-b-0.1.0+x/build.rs")).as_deref(), Some("a-b 0.1.0+x"));
        assert_eq!(of("a", &format!("{registry}/a-b-0.1.0/src/lib.rs")), None, "another package");
        assert_eq!(of("t", "/h/.cargo/git/checkouts/t-0a1b/0123456/crates/t/src/lib.rs").as_deref(), Some("t #0123456"));
        assert_eq!(of("t", "/projects/t/src/lib.rs"), None);
        assert_eq!(of("t", "/h/.cargo/registry/src/x/../t-1.0.0/lib.rs"), None);
    }
}
