//! What stood in target directories when they were last looked at, so that what stands there still is not looked at again.
//!
//! A unit is known by what `stat` says of all its files and by the names in the store of what is behind it; its result holds
//! as long as these do, and as long as the store has it. It must never stand for what another look might find out: what was
//! refused because of something else than these is looked at again. Lost with the daemon, whereupon all is looked at again.

use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::{Arc, Mutex},
};

use super::{Refused, Site};
use crate::{
    base::{
        clock::Nanos,
        digest::{Digest, KeyHasher},
        env::EnvSnapshot,
        fs::{FileSig, is_recent},
        sync::lock,
    },
    cargo::{
        fingerprint::{Fingerprint, Kind},
        layout::UnitFiles,
        package::PackageId,
    },
};

/// Target directories that are remembered.
const DIRECTORIES: usize = 16;
/// Units of one that are.
const UNITS: usize = 10_000;
/// Variables that are others in every shell, and that no compile depends on without naming them: then its name in the store
/// is the one of the earlier value, and it is not laid out under another.
const FLEETING: [&[u8]; 4] = [b"_", b"OLDPWD", b"PWD", b"SHLVL"];

/// By what they were looked at for, the latest last.
#[derive(Default)]
pub(in crate::engine) struct Looks(Mutex<VecDeque<(Digest, Looked)>>);

/// One target directory.
#[derive(Default)]
pub(super) struct Looked {
    /// By place and unit.
    pub units: HashMap<(String, String), Known>,
    /// Place and unit by the name in the store, of earlier versions of members.
    pub names: HashMap<Digest, (String, String)>,
}

/// One unit.
#[derive(Clone)]
pub(super) struct Known {
    pub standing: Standing,
    pub fingerprint: Arc<Fingerprint>,
    /// What is behind it, as far as the store has it.
    pub deps: Vec<Option<Digest>>,
    pub result: Result<(Digest, PackageId), Refused>,
    /// Of members, the surroundings.
    pub own: Option<Digest>,
}

impl Looks {
    /// What is known of a directory; others who ask meanwhile know nothing.
    pub(super) fn take(&self, key: &Digest) -> Looked {
        let mut all = lock(&self.0);
        let at = all.iter().position(|(k, _)| k == key);
        at.and_then(|at| all.remove(at)).map(|(_, looked)| looked).unwrap_or_default()
    }

    /// Remembers it again.
    pub(super) fn put(&self, key: Digest, looked: Looked) {
        if looked.units.len() > UNITS {
            return;
        }
        let mut all = lock(&self.0);
        all.retain(|(k, _)| *k != key);
        all.push_back((key, looked));
        if all.len() > DIRECTORIES {
            all.pop_front();
        }
    }
}

impl Known {
    /// No other look would find anything else, unless the files, what is behind it, or (of members) the variables change.
    pub fn is_settled(&self) -> bool {
        use Refused::{Dependency, Location, Member, Undeclared, Unrecorded};
        self.result.as_ref().err().is_none_or(|why| [Dependency, Location, Member, Undeclared, Unrecorded].contains(why))
    }
}

/// All that `stat` says of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    digest: Digest,
    /// The latest time in it.
    newest: Nanos,
    /// The file with cargo's hash.
    hash: FileSig,
}

impl Standing {
    /// Of a unit in this profile's directory with a fingerprint of this name; `sigs` are those of `unit.files`. Nothing if
    /// something is gone.
    pub fn of(profile: &Path, unit: &UnitFiles, sigs: &[FileSig], fingerprint: &str) -> Option<Self> {
        let mut hasher = KeyHasher::new("standing");
        let mut newest = Nanos::MIN;
        let mut add = |path: &Path, sig: Option<FileSig>| {
            hasher.field("path", path.as_os_str().as_encoded_bytes());
            if let Some(sig) = sig {
                newest = newest.max(sig.mtime).max(sig.ctime);
                let times = [sig.mtime, sig.ctime, sig.born].map(Nanos::cast_unsigned);
                let numbers = [&[sig.inode.0, sig.inode.1, sig.size][..], &times].concat();
                let bytes: Vec<u8> = numbers.into_iter().flat_map(u64::to_le_bytes).collect();
                hasher.field("sig", &bytes).field("mode", &sig.mode.to_le_bytes());
            }
        };
        // What a compiler has made is linked into other places, which changes nothing.
        let is_made = Kind::of(fingerprint) != Some(Kind::Run);
        for (path, sig) in unit.files.iter().zip(sigs) {
            add(path, Some(FileSig { ctime: if is_made { 0 } else { sig.ctime }, ..*sig }));
        }
        let dir = &unit.fingerprint;
        let named = dir.join(fingerprint);
        let hash = FileSig::of(&profile.join(&named)).ok()?;
        add(&named, Some(hash));
        for path in [dir].into_iter().chain(&unit.dep_info).chain(&unit.dirs) {
            add(path, Some(FileSig::of(&profile.join(path)).ok()?));
        }
        for name in [format!("{fingerprint}.json"), format!("dep-{fingerprint}"), format!("output-{fingerprint}")] {
            let path = dir.join(name);
            add(&path, FileSig::of(&profile.join(&path)).ok());
        }
        hasher.field("odd", &[unit.odd.into()]);
        Some(Self { digest: hasher.finish(), newest, hash })
    }

    /// Of a unit that was put there from the store under this name, with this file for cargo's hash.
    pub fn seeded(id: &Digest, hash: FileSig) -> Self {
        Self { digest: *id, newest: hash.mtime.max(hash.ctime), hash }
    }

    /// Whether cargo's hash, in this file, was certainly not written since `then`, when this was taken.
    pub fn has_hash(&self, file: &Path, then: Nanos) -> bool {
        self.is_told_apart(then) && FileSig::of(file).is_ok_and(|now| now == self.hash)
    }

    /// Whatever is written after `now` shows.
    pub fn is_told_apart(&self, now: Nanos) -> bool {
        !is_recent(self.newest, now)
    }
}

/// What a look at a directory is for, besides its units.
pub(super) fn key(site: &Site) -> Digest {
    let mut key = KeyHasher::new("look");
    key.field("target", site.call.target.as_encoded_bytes()).field("root", site.root.as_encoded_bytes());
    key.field("scope", &site.call.scope.0).field("tools", &site.tools.0).finish()
}

/// What members are made from besides files and what is behind them.
pub(super) fn own(site: &Site) -> Digest {
    let mut key = KeyHasher::new("surroundings");
    if let Some(own) = &site.own {
        let lasting = |env: &EnvSnapshot| {
            env.iter().filter(|(n, _)| !FLEETING.contains(n)).map(|(n, v)| [n, b"=", v].concat()).collect::<Vec<_>>()
        };
        key.list("env", lasting(&own.env));
    }
    key.finish()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A unit of one library, an hour old.
    fn planted() -> (tempfile::TempDir, UnitFiles) {
        let dir = tempfile::tempdir().expect("temporary directory");
        let write = |name: &str, text: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().expect("has one")).expect("created");
            fs::write(path, text).expect("written");
        };
        write(".fingerprint/a-1/lib-a", "600399eec6313a52");
        write(".fingerprint/a-1/lib-a.json", "{}");
        write("deps/liba-1.rlib", "code");
        write("deps/a-1.d", "told");
        let unit = UnitFiles {
            name: "a-1".into(),
            fingerprint: ".fingerprint/a-1".into(),
            files: vec!["deps/liba-1.rlib".into()],
            dep_info: Some("deps/a-1.d".into()),
            ..UnitFiles::default()
        };
        (dir, unit)
    }

    fn standing(dir: &Path, unit: &UnitFiles) -> Option<Standing> {
        let sigs: Vec<_> = unit.files.iter().map(|f| FileSig::of(&dir.join(f)).expect("there")).collect();
        Standing::of(dir, unit, &sigs, "lib-a")
    }

    #[test]
    fn every_file_of_a_unit_counts_and_a_link_to_an_output_does_not() {
        let (dir, unit) = planted();
        let first = standing(dir.path(), &unit).expect("all there");
        fs::hard_link(dir.path().join("deps/liba-1.rlib"), dir.path().join("twin")).expect("linked");
        assert_eq!(standing(dir.path(), &unit), Some(first));
        let mut seen = vec![first.digest];
        for file in ["deps/liba-1.rlib", "deps/a-1.d", ".fingerprint/a-1/lib-a", ".fingerprint/a-1/lib-a.json"] {
            fs::write(dir.path().join(file), "another text").expect("written");
            let now = standing(dir.path(), &unit).expect("all there").digest;
            assert!(!seen.contains(&now), "{file}");
            seen.push(now);
        }
        fs::write(dir.path().join(".fingerprint/a-1/output-lib-a"), "").expect("written");
        assert!(!seen.contains(&standing(dir.path(), &unit).expect("all there").digest));
        fs::remove_file(dir.path().join(".fingerprint/a-1/lib-a")).expect("removed");
        assert_eq!(standing(dir.path(), &unit), None);
    }

    #[test]
    fn what_was_written_just_now_is_not_relied_on() {
        let (dir, unit) = planted();
        let standing = standing(dir.path(), &unit).expect("all there");
        assert!(!standing.is_told_apart(standing.newest));
        assert!(standing.is_told_apart(standing.newest + 3_000_000_000));
    }

    #[test]
    fn few_directories_are_remembered() {
        let looks = Looks::default();
        let key = |n: usize| Digest::of(&n.to_le_bytes());
        let looked = |n: usize| Looked { names: [(key(n), ("debug".into(), "a-1".into()))].into(), ..Looked::default() };
        (0..=DIRECTORIES).for_each(|n| looks.put(key(n), looked(n)));
        assert!(looks.take(&key(0)).names.is_empty());
        assert!(looks.take(&key(1)).names.contains_key(&key(1)));
        assert!(looks.take(&key(1)).names.is_empty(), "whoever takes it has it");
    }
}
