//! When what was made, how long that took, and what it needed: the record of a build, and what is remembered of each unit.
//!
//! Times are wall-clock: several compilers run at once, and a machine that is busy makes every one of them slow. Who shows
//! them says so. A unit is known by the hash that cargo gives it, which is the same in every build of it in one directory, and
//! for downloaded packages in all directories.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use super::HitKind;
use crate::{base::clock::Nanos, rustc::WhyNot};

/// What a compile, or a run of a build script, has used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub wall_ms: u64,
    /// 0 where nobody has measured it.
    pub cpu_ms: u64,
    /// From the start until there was metadata, which is when dependents can start.
    pub rmeta_ms: Option<u64>,
    /// The part of it in the linker.
    pub link_ms: Option<u64>,
}

/// Something that a unit needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// [`KnownUnit::id`].
    pub id: String,
    /// All of it, as opposed to its metadata.
    pub whole: bool,
}

/// What is remembered of a unit, whichever build it was in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownUnit {
    /// Cargo's hash of the unit (16 hex digits), or the file's name where it has none.
    pub id: String,
    pub package: String,
    pub version: String,
    pub crate_name: String,
    /// As [`crate::rustc::Invocation::kind`] has it; `run` for a run of a build script.
    pub kind: String,
    /// Somebody may edit it, as opposed to what cargo has downloaded.
    pub local: bool,
    /// The directory of the profile below the target directory: `debug`, `x86_64-unknown-linux-musl/release`.
    pub place: String,
    /// Machine code is made (`build`), not only metadata (`check`).
    pub links: bool,
    pub features: Vec<String>,
    pub needs: Vec<Need>,
    /// The newest compile.
    pub last: Spent,
    /// The compile that has used most processor time: the nearest there is to one from scratch.
    pub most: Spent,
    /// When it was last asked for, in seconds since 1970.
    pub at: u64,
}

/// What became of a unit in one build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Compiled, for the reason of this name.
    Compiled(String),
    /// Compiled, without success.
    Failed,
    Hit(HitKind),
    /// Handed to the compiler without a look into the cache. When that ended is not known.
    Bypassed(WhyNot),
    /// A build script was run.
    Ran,
    /// Put in place before cargo began.
    Seeded,
}

/// One unit of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitRun {
    pub id: String,
    pub start: Nanos,
    /// Equal to `start` where it is not known.
    pub end: Nanos,
    pub deed: Deed,
    /// The compile in this build, or the one that made what was restored. Nothing for what was not measured.
    pub spent: Option<Spent>,
}

/// What is known of a build besides its units.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildHead {
    /// The session, or the cargo process that was started without us.
    pub name: String,
    /// Cargo's subcommand, if it could be told.
    pub command: String,
    /// The target directory.
    pub target: OsString,
    /// The directory that members are compiled in, once there was one.
    pub root: OsString,
    /// When cargo was started.
    pub started: Nanos,
}

/// One build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildRecord {
    pub head: BuildHead,
    /// In the order in which they ended.
    pub units: Vec<UnitRun>,
}

impl KnownUnit {
    /// Takes note of a measured compile.
    pub fn measured(&mut self, spent: Spent) {
        // Only the links of programs are measured, and not all of them: what is known of an earlier one is worth keeping.
        let with_link = |s: Spent, before: Spent| Spent { link_ms: s.link_ms.or(before.link_ms), ..s };
        if spent.cpu_ms >= self.most.cpu_ms || self.most.wall_ms == 0 {
            self.most = with_link(spent, self.most);
        }
        self.last = with_link(spent, self.last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_compile_is_kept_beside_the_newest() {
        let spent = |wall_ms, cpu_ms| Spent { wall_ms, cpu_ms, ..Spent::default() };
        let mut unit = KnownUnit::default();
        unit.measured(Spent { link_ms: Some(7), ..spent(500, 0) });
        assert_eq!((unit.last.wall_ms, unit.most.wall_ms), (500, 500), "of a hit only the wall-clock time is known");
        unit.measured(spent(900, 800));
        unit.measured(spent(100, 90));
        assert_eq!((unit.last, unit.most.wall_ms), (Spent { link_ms: Some(7), ..spent(100, 90) }, 900));
    }

    #[test]
    fn every_deed_survives_the_wire() {
        let deeds = [
            Deed::Compiled("first-seen".into()),
            Deed::Failed,
            Deed::Hit(HitKind::Exact),
            Deed::Bypassed(WhyNot::Emit("asm".into())),
            Deed::Ran,
            Deed::Seeded,
        ];
        for deed in deeds {
            let unit = UnitRun { id: "x".into(), start: 1, end: 2, deed, spent: None };
            let wire = postcard::to_stdvec(&unit).expect("encodes");
            assert_eq!(postcard::from_bytes(&wire), Ok(unit));
        }
    }
}
