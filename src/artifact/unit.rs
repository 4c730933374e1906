//! One unit as cargo keeps it in a target directory: every file that makes cargo call it fresh.
//!
//! Named by a digest over its files and those of everything it was built against, so that two stored units fit together if
//! and only if one names the other. It must never hold a path that leads out of the directory it is put into.

use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::{Content, record::encode};
use crate::{
    base::digest::{Digest, KeyHasher},
    cargo::package::PackageId,
};

/// What stands for the target directory in texts; the byte occurs in no path and in no text of cargo's.
pub const TARGET: &[u8] = b"\x01T";

/// One unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredUnit {
    /// `<pkg>-<hash>`.
    pub name: String,
    pub package: PackageId,
    /// The profile's directory below the target directory: `debug`, `x86_64-unknown-linux-gnu/release`, …
    pub place: String,
    /// The library, a build script, or a run of one.
    pub role: Role,
    /// Cargo's hash of what the compiler says about itself.
    pub rustc: u64,
    /// Digest of the tools outside the toolchain that a build script may have run, for runs that have made anything.
    pub tools: Option<Digest>,
    /// What it was built against.
    pub deps: Vec<Digest>,
    /// Files outside of what cargo has downloaded that it was made from.
    pub watched: Vec<(String, Digest)>,
    /// Directories below `place`, which may be empty.
    pub dirs: Vec<String>,
    /// The one that makes cargo look at the others comes last.
    pub files: Vec<UnitFile>,
}

/// What a unit is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// With machine code.
    Library,
    /// Metadata alone, as `check` makes it.
    Metadata,
    BuildScript,
    Run,
    /// A program, a test, or anything else that nothing is compiled against; only of members.
    Program,
}

/// One file below the profile's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitFile {
    pub path: String,
    /// [`Content::Relocatable`] holds [`TARGET`].
    pub content: Content,
    /// Bytes.
    pub len: u64,
    pub executable: bool,
    /// No tool writes into this kind of file in place.
    pub linkable: bool,
}

impl StoredUnit {
    /// Its name in the store, for units of this scope.
    pub fn id(&self, scope: &Digest) -> Digest {
        KeyHasher::new("stored unit").field("scope", &scope.0).field("unit", &encode(self)).finish()
    }

    /// The blobs of its files.
    pub fn blobs(&self) -> impl Iterator<Item = Digest> {
        self.files.iter().filter_map(|f| f.content.blob())
    }

    /// Bytes of all files.
    pub fn size(&self) -> u64 {
        self.files.iter().map(|f| f.len).sum()
    }
}

/// Whether a path leads down and nowhere else.
pub fn leads_down(path: &str) -> bool {
    !path.is_empty() && Path::new(path).components().all(|c| matches!(c, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_down() {
        for good in ["a", "build/x-1/out/a b"] {
            assert!(leads_down(good), "{good}");
        }
        for bad in ["", "/a", "a/../b", "..", "./a"] {
            assert!(!leads_down(bad), "{bad}");
        }
    }

    #[test]
    fn everything_is_in_the_name() {
        let unit = StoredUnit {
            name: "a-1".into(),
            package: PackageId::Registry { name: "a".into(), version: "1.0.0".into() },
            place: "debug".into(),
            role: Role::Library,
            rustc: 1,
            tools: None,
            deps: vec![Digest::of(b"d")],
            watched: Vec::new(),
            dirs: Vec::new(),
            files: vec![UnitFile {
                path: "deps/x".into(),
                content: Content::Blob(Digest::of(b"x")),
                len: 1,
                executable: false,
                linkable: true,
            }],
        };
        let (scope, other) = (Digest::of(b"s"), Digest::of(b"t"));
        let with = |change: fn(&mut StoredUnit)| {
            let mut changed = unit.clone();
            change(&mut changed);
            changed.id(&scope)
        };
        assert_eq!(unit.id(&scope), with(|_| {}));
        let others = [
            unit.id(&other),
            with(|u| u.deps[0] = Digest::of(b"e")),
            with(|u| u.files[0].content = Content::Blob(Digest::of(b"y"))),
            with(|u| u.tools = Some(Digest::of(b"g++"))),
            with(|u| u.place = "release".into()),
            with(|u| u.watched = vec![("/usr/include/a.h".into(), Digest::of(b"h"))]),
        ];
        assert!(!others.contains(&unit.id(&scope)));
    }
}
