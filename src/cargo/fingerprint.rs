//! Cargo's fingerprint files: a hash that decides whether a unit is fresh, and the same in words.
//!
//! `<name>` holds 16 hex digits: the hash as little-endian bytes. `<name>.json` holds what was hashed, `dep-<name>` the
//! sources (source: `core/compiler/fingerprint/mod.rs`, `Fingerprint`). Only cargo ever decides what they mean for a build.

use std::{fs, path::Path};

use serde::{Deserialize, Deserializer};

/// What a unit is, by the name of its fingerprint file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A library of any crate type, procedural macros among them.
    Library,
    /// The program made of `build.rs`.
    BuildScript,
    /// A run of that program.
    Run,
    /// Programs, examples, benches.
    Program,
    /// Anything compiled with the test harness.
    Test,
}

impl Kind {
    /// From the file's name; `None` if it is no fingerprint of a unit that leaves files.
    pub fn of(file: &str) -> Option<Self> {
        let prefixes = [
            ("run-build-script-", Self::Run),
            ("build-script-", Self::BuildScript),
            ("test-", Self::Test),
            ("lib-", Self::Library),
            ("bin-", Self::Program),
            ("example-", Self::Program),
            ("bench-", Self::Program),
        ];
        prefixes.into_iter().find(|(prefix, _)| file.starts_with(prefix)).map(|(_, kind)| kind)
    }
}

/// One unit's fingerprint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fingerprint {
    /// The name of the file with the hash.
    pub file: String,
    pub kind: Kind,
    pub hash: u64,
    /// What was hashed; nothing where only the hash stands, which is enough for cargo.
    pub said: Option<Said>,
}

/// The parts of the JSON that are of use here.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Said {
    /// Cargo's hash of what the compiler says about itself.
    #[serde(default)]
    pub rustc: u64,
    /// Package (hashed), name of the crate, whether it is public, hash of its fingerprint.
    #[serde(default)]
    pub deps: Vec<(u64, String, bool, u64)>,
    /// Variables that a build script has declared and that were set.
    #[serde(default, rename = "local", deserialize_with = "set_variables")]
    pub variables: Vec<String>,
}

fn set_variables<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let local = serde_json::Value::deserialize(from)?;
    let declared = local.as_array().into_iter().flatten().filter_map(|one| one.get("RerunIfEnvChanged"));
    let set = declared.filter(|one| one.get("val").is_some_and(|value| !value.is_null()));
    Ok(set.filter_map(|one| Some(one.get("var")?.as_str()?.to_owned())).collect())
}

/// Reads the fingerprint in a directory of one unit; `None` if there is none, or not all of it.
pub fn read(dir: &Path) -> Option<Fingerprint> {
    let (file, kind) = find(dir)?;
    read_named(dir, file, kind)
}

/// The name of the fingerprint in a directory of one unit, and what the unit is.
pub fn find(dir: &Path) -> Option<(String, Kind)> {
    let mut found = None;
    for entry in fs::read_dir(dir).ok()?.flatten() {
        let name = entry.file_name().into_string().ok()?;
        if name.contains('.') || name.starts_with("dep-") {
            continue;
        }
        if let Some(kind) = Kind::of(&name) {
            // Two units share no directory; if they did, nothing could be said about either.
            if found.replace((name, kind)).is_some() {
                return None;
            }
        }
    }
    found
}

/// Reads what [`find`] has found.
pub fn read_named(dir: &Path, file: String, kind: Kind) -> Option<Fingerprint> {
    let hash = parse_hash(&fs::read(dir.join(&file)).ok()?)?;
    let said = fs::read(dir.join(format!("{file}.json"))).ok().and_then(|text| serde_json::from_slice(&text).ok());
    Some(Fingerprint { file, kind, hash, said })
}

/// The hash in a fingerprint file.
pub fn parse_hash(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok().filter(|t| t.len() == 16)?;
    u64::from_str_radix(text, 16).ok().map(u64::swap_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_as_cargo_writes_it() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let write = |name: &str, text: &str| fs::write(dir.path().join(name), text).expect("written");
        assert_eq!(read(dir.path()), None);
        write("invoked.timestamp", "This file has an mtime of when this was started.");
        write("dep-lib-serde", "\u{1}");
        write("lib-serde", "600399eec6313a52");
        assert_eq!(read(dir.path()).expect("complete for cargo").said, None);
        write(
            "lib-serde.json",
            r#"{"rustc":7458672600737419911,"features":"[]","target":1,"profile":2,"path":3,
                "deps":[[6557439603276904804,"build_script_build",false,7408442342681010968]],"local":[],"config":1}"#,
        );
        let read = read(dir.path()).expect("complete");
        assert_eq!((read.kind, read.hash), (Kind::Library, 0x523a_31c6_ee99_0360));
        let said = read.said.expect("there");
        assert_eq!(said.rustc, 7_458_672_600_737_419_911);
        assert_eq!(said.deps[0].3, 7_408_442_342_681_010_968);
    }

    #[test]
    fn kinds_by_name() {
        assert_eq!(Kind::of("run-build-script-build-script-build"), Some(Kind::Run));
        assert_eq!(Kind::of("build-script-build-script-build"), Some(Kind::BuildScript));
        assert_eq!(Kind::of("test-lib-x"), Some(Kind::Test));
        assert_eq!(Kind::of("doc-lib-x"), None);
        assert_eq!(Kind::of("invoked"), None);
    }
}
