//! One unit of somebody's own sources, as cargo keeps it in one target directory, with everything it was made from.
//!
//! It holds in that directory only, and only while all of that is what it was: cargo looks at times, so whoever puts such a
//! unit in place has compared contents before. It must never hold the value of a secret.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{StoredUnit, record::encode};
use crate::base::{
    digest::{Digest, KeyHasher},
    env::EnvSnapshot,
};

/// A unit and what it was made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMember {
    /// Nothing in it is a placeholder.
    pub unit: StoredUnit,
    /// The target directory.
    pub target: OsString,
    /// Files, by absolute path, outside of the target directory; nothing for one that must not be there.
    pub files: Vec<(OsString, Option<Digest>)>,
    /// Directories of which every entry counts, with a digest of the entries' names.
    pub dirs: Vec<(OsString, Digest)>,
    /// Variables that a build script has named, and a digest of their values: cargo compares them as well, but only when
    /// the unit stands there.
    pub variables: (Vec<String>, Digest),
    /// How it was compiled; nothing for the run of a build script, of which cargo knows the rest.
    pub compile: Option<Compile>,
}

/// A compile, as far as it can be told what it would come to today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compile {
    pub compiler: OsString,
    /// Without response files.
    pub args: Vec<ByteBuf>,
    pub cwd: OsString,
    pub umask: u32,
    /// The variables that cargo has set or changed.
    pub set: EnvSnapshot,
    /// Digest of the values that these had outside of cargo.
    pub replaced: Digest,
    /// The invocation key.
    pub key: Digest,
    /// The exact key of everything that was read.
    pub sources: Digest,
    /// Variables that the compiler has read.
    pub read: Vec<String>,
    /// The procedural macros behind it: name and content.
    pub macros: Vec<(String, Digest)>,
    /// A directory whose files a macro may read.
    pub macro_root: Option<OsString>,
    /// Digest of what these three and the configuration come to.
    pub untracked: Digest,
    /// Its diagnostics were laid out for a terminal of some width, or for none.
    pub has_width: bool,
}

impl StoredMember {
    /// Its name in the store.
    pub fn id(&self) -> Digest {
        KeyHasher::new("stored member").field("member", &encode(self)).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{artifact::unit::Role, cargo::package::PackageId};

    #[test]
    fn what_it_was_made_from_is_in_the_name() {
        let unit = StoredUnit {
            name: "a-1".into(),
            package: PackageId::Local { name: "a".into(), dir: "/p".into() },
            place: "debug".into(),
            role: Role::Library,
            rustc: 1,
            tools: None,
            deps: Vec::new(),
            watched: Vec::new(),
            dirs: Vec::new(),
            files: Vec::new(),
        };
        let files = vec![("/p/src/lib.rs".into(), Some(Digest::of(b"x")))];
        let member = StoredMember {
            unit,
            target: "/p/target".into(),
            files,
            dirs: Vec::new(),
            variables: (Vec::new(), Digest::of(b"")),
            compile: None,
        };
        let with = |change: fn(&mut StoredMember)| {
            let mut changed = member.clone();
            change(&mut changed);
            changed.id()
        };
        assert_eq!(with(|_| {}), member.id());
        for other in
            [with(|m| m.files[0].1 = None), with(|m| m.target = "/q".into()), with(|m| m.unit.deps.push(Digest::of(b"d")))]
        {
            assert_ne!(other, member.id());
        }
    }
}
