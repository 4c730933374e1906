//! Whole units of target directories: taken in after a build, and laid out before one.
//!
//! What cargo has downloaded fits into any directory; members of a workspace only into the one they come from (`member`). It
//! must never write into a target directory: whoever asks gets a plan. Whatever is unclear about a unit leaves it out, with everything
//! that depends on it, for a reason of a closed set ([`Refused`]).

pub mod choose;
mod found;
mod gather;
pub mod ingest;
mod lists;
mod looks;
mod member;
mod warm;
mod watched;

pub(super) use looks::Looks;

use std::{collections::BTreeMap, ffi::OsString};

use serde::{Deserialize, Serialize};

use super::plan::Source;
use crate::{
    base::{clock::Nanos, digest::Digest, env::EnvSnapshot},
    cargo::{call::Call, package::PackageId},
};

/// A build that has ended, or is about to begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    pub call: Call,
    /// The workspace's directory.
    pub root: OsString,
    /// What the lock file lists.
    pub packages: Vec<PackageId>,
    /// Digest of the tools outside the toolchain that build scripts may run.
    pub tools: Digest,
    pub umask: u32,
    /// Members are looked at only where this is known.
    pub own: Option<Own>,
}

/// What members of a workspace are made from besides files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// The variables that cargo is started with, without the values of secrets.
    pub env: EnvSnapshot,
    /// Columns of the terminal that diagnostics go to, if it is one.
    pub width: Option<String>,
}

/// What is to be put into a target directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Dependencies first.
    pub units: Vec<Laid>,
    /// `.rustc_info.json`, if there is none.
    #[serde(with = "serde_bytes")]
    pub rustc_info: Vec<u8>,
    /// Units that stand there already, with their names in the store.
    pub present: Vec<(String, String, Digest)>,
    /// It is known that the build needs nothing more of the kind.
    pub complete: bool,
    /// How many are left out, by [`Refused::name`].
    pub refused: BTreeMap<String, u64>,
}

/// One unit to be put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Laid {
    pub id: Digest,
    pub name: String,
    /// The profile's directory below the target directory.
    pub place: String,
    pub dirs: Vec<String>,
    /// The last one makes cargo look at the others.
    pub files: Vec<LaidFile>,
}

/// One file to be put in place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LaidFile {
    /// Below the profile's directory.
    pub path: String,
    pub source: Source,
    /// Before the umask.
    pub mode: u32,
    /// The write time to be set, unless the file is linked.
    pub mtime: Nanos,
}

/// Why a unit is not taken in, or not laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Refused {
    /// It belongs to the workspace or lies beside it.
    Member,
    /// Its files are not all there, or are of a kind that is not known.
    Unclear,
    /// A directory's path is part of it.
    Location,
    /// Something behind it was refused.
    Dependency,
    /// Something in the target directory, or in another unit, does not fit it.
    Conflict,
    /// Tools outside the toolchain have changed since its build script ran.
    Tools,
    /// The store does not have all of it any more.
    Gone,
    /// It was made from a file outside of all packages, which is another one today.
    Watched,
    /// It was made from a file outside of all packages that is newer, or cannot be read.
    Outside,
    /// Something that it was built against is newer.
    Stale,
    /// Its build script does not say what it depends on.
    Undeclared,
    /// The store has no exact result of it, or does not know all that it was made from.
    Unrecorded,
    /// Something that it was made from is another today: a file, a variable, a tool, a setting.
    Changed,
    /// Something that it was made from was written a moment ago, or bears a time to come.
    Recent,
    /// Its messages were laid out for a terminal of another width.
    Width,
    /// To find out whether it fits would have taken too long.
    Slow,
    /// It was made with a secret variable.
    Secret,
}

impl Refused {
    /// All of them.
    pub const ALL: [Self; 17] = [
        Self::Member,
        Self::Unclear,
        Self::Location,
        Self::Dependency,
        Self::Conflict,
        Self::Tools,
        Self::Gone,
        Self::Watched,
        Self::Outside,
        Self::Stale,
        Self::Undeclared,
        Self::Unrecorded,
        Self::Changed,
        Self::Recent,
        Self::Width,
        Self::Slow,
        Self::Secret,
    ];

    /// The name that statistics count.
    pub fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Unclear => "unclear",
            Self::Location => "location",
            Self::Dependency => "dependency",
            Self::Conflict => "conflict",
            Self::Tools => "tools",
            Self::Gone => "gone",
            Self::Watched => "watched",
            Self::Outside => "outside",
            Self::Stale => "stale",
            Self::Undeclared => "undeclared",
            Self::Unrecorded => "unrecorded",
            Self::Changed => "changed",
            Self::Recent => "recent",
            Self::Width => "width",
            Self::Slow => "slow",
            Self::Secret => "secret",
        }
    }

    /// One clause for people, lower-case.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Member => "it belongs to the workspace",
            Self::Unclear => "its files are not all there, or are of an unknown kind",
            Self::Location => "the path of a directory is part of it",
            Self::Dependency => "a crate behind it was left out",
            Self::Conflict => "it was built against other files than those that stand in the target directory",
            Self::Tools => "its build script ran with other tools (C compiler, linker, pkg-config) than those of today",
            Self::Gone => "the store does not have all of it any more",
            Self::Watched => "a file outside of all packages that it was made from is another one today",
            Self::Outside => "a file outside of all packages that it was made from is newer than it, or cannot be read",
            Self::Stale => "something that it was built against is newer, so that cargo would build it again",
            Self::Undeclared => "its build script does not say what it depends on",
            Self::Unrecorded => "the store does not know exactly what it was made from",
            Self::Changed => "a file, variable, tool or setting that it was made from is another one today",
            Self::Recent => "a file that it was made from was written a moment ago, or bears a time to come",
            Self::Width => "its messages were laid out for a terminal of another width",
            Self::Slow => "comparing all that it was made from would have taken too long",
            Self::Secret => "it was made with a secret variable, or may be",
        }
    }
}
