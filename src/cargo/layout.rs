//! Where a unit's files lie in a profile's directory (`target/debug`, `target/<triple>/release`, …), in both layouts.
//!
//! ```text
//! classic                                     one directory per unit (`-Zbuild-dir-new-layout`)
//! .fingerprint/<pkg>-<hash>/…                 build/<pkg>/<hash>/fingerprint/…
//! deps/lib<crate>-<hash>.{rlib,rmeta,so}      build/<pkg>/<hash>/out/lib<crate>-<hash>.…
//! build/<pkg>-<hash>/build_script_build-…     build/<pkg>/<hash>/out/build_script_build
//! build/<pkg>-<hash>/{output,out/**,…}        build/<pkg>/<hash>/{run/**,out/**}
//! ```
//! (source: cargo's `core/compiler/layout.rs` and `build_runner/compilation_files.rs`). It must never open a file. What is
//! neither a file nor a directory makes its unit odd, and odd units are nobody's business.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// Files in a profile's directory that cargo locks while it builds: one, the other or both, by its version.
pub const LOCKS: [&str; 2] = [".cargo-build-lock", ".cargo-lock"];

/// How a directory is laid out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Layout {
    #[default]
    Classic,
    PerUnit,
}

/// The files of one unit; all paths are relative to the profile's directory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitFiles {
    /// `<pkg>-<hash>`.
    pub name: String,
    /// The directory with the fingerprint.
    pub fingerprint: PathBuf,
    /// Everything else, without rustc's dependency information.
    pub files: Vec<PathBuf>,
    /// Directories that a script may have made, whether or not there is anything in them.
    pub dirs: Vec<PathBuf>,
    /// rustc's dependency information.
    pub dep_info: Option<PathBuf>,
    /// Something in it is neither a file nor a directory, or could not be listed.
    pub odd: bool,
}

/// Digits of cargo's hash of a unit.
const DIGITS: usize = 16;

impl UnitFiles {
    /// The package's name.
    pub fn package(&self) -> &str {
        self.name.get(..self.name.len().saturating_sub(DIGITS + 1)).unwrap_or_default()
    }
}

/// The target directory and the profile's directory below it, by where a compiler is to write; `triple` is what the compile
/// was asked for by name.
pub fn above(out_dir: &Path, triple: Option<&str>) -> Option<(PathBuf, String)> {
    let is_units = |dir: &&Path| dir.file_name().is_some_and(|n| n == "deps" || n == "examples" || n == "build");
    // The nearest is meant: a project may lie in a directory of any name.
    let profile = out_dir.ancestors().take(4).find(is_units)?.parent()?;
    let name = profile.file_name()?.to_str()?;
    let Some(triple) = triple else { return Some((profile.parent()?.to_owned(), name.to_owned())) };
    let above = profile.parent()?;
    let triple = Path::new(triple)
        .file_stem()
        .filter(|_| triple.ends_with(".json"))
        .map_or_else(|| triple.into(), |s| s.to_string_lossy());
    (above.file_name()?.to_str()? == triple).then_some(())?;
    Some((above.parent()?.to_owned(), format!("{triple}/{name}")))
}

/// Cargo's hash of a unit, by one of its outputs: that in the name, or the name itself where it has none.
pub fn unit_of_file(file: &Path) -> String {
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    hash_of(&stem).map_or_else(|| stem.clone().into_owned(), str::to_owned)
}

/// The directory of the run of a build script that has written into this `OUT_DIR`, and cargo's hash of it.
pub fn run_of(build_out: &Path) -> Option<(PathBuf, String)> {
    let dir = build_out.parent()?;
    let name = dir.file_name()?.to_str()?;
    let hash = if is_hash(name) { name } else { hash_of(name)? };
    Some((dir.to_owned(), hash.to_owned()))
}

/// All units of a profile's directory apart from the known ones, in no order.
pub fn scan(profile: &Path, is_known: &dyn Fn(&str) -> bool) -> (Layout, Vec<UnitFiles>) {
    let names: Vec<String> =
        entries(&profile.join(".fingerprint")).map(|(name, _)| name).filter(|name| hash_of(name).is_some()).collect();
    if names.is_empty() {
        return (Layout::PerUnit, per_unit(profile, is_known));
    }
    (Layout::Classic, classic(profile, names.into_iter().filter(|name| !is_known(name)).collect()))
}

/// The directories of units whose fingerprint stands in a profile's directory.
pub fn fingerprints(profile: &Path) -> HashMap<String, PathBuf> {
    let classic = entries(&profile.join(".fingerprint")).filter(|(name, _)| hash_of(name).is_some());
    let mut all: HashMap<String, PathBuf> =
        classic.map(|(name, _)| (name.clone(), Path::new(".fingerprint").join(name))).collect();
    all.extend(unit_dirs(profile).map(|(name, dir)| (name, dir.join("fingerprint"))));
    all
}

fn classic(profile: &Path, names: Vec<String>) -> Vec<UnitFiles> {
    let mut outputs: HashMap<String, Vec<PathBuf>> = HashMap::new();
    for (file, _) in entries(&profile.join("deps")) {
        if let Some(hash) = hash_of(file.split('.').next().unwrap_or_default()) {
            outputs.entry(hash.to_owned()).or_default().push(Path::new("deps").join(&file));
        }
    }
    let units = names.into_iter().filter_map(|name| {
        let hash = hash_of(&name)?;
        let mut unit = UnitFiles { fingerprint: Path::new(".fingerprint").join(&name), ..UnitFiles::default() };
        for file in outputs.get(hash).into_iter().flatten() {
            unit.add(file.clone());
        }
        unit.tree(profile, &Path::new("build").join(&name));
        unit.name = name;
        Some(unit)
    });
    units.collect()
}

fn per_unit(profile: &Path, is_known: &dyn Fn(&str) -> bool) -> Vec<UnitFiles> {
    let others = unit_dirs(profile).filter(|(name, _)| !is_known(name));
    let units = others.filter(|(_, dir)| profile.join(dir).join("fingerprint").is_dir()).map(|(name, dir)| {
        let mut unit = UnitFiles { name, fingerprint: dir.join("fingerprint"), ..UnitFiles::default() };
        unit.tree(profile, &dir.join("out"));
        unit.tree(profile, &dir.join("run"));
        unit
    });
    units.collect()
}

/// `build/<pkg>/<hash>` with their names.
fn unit_dirs(profile: &Path) -> impl Iterator<Item = (String, PathBuf)> {
    let hashes = |package: String| {
        let dir = Path::new("build").join(&package);
        let found = entries(&profile.join(&dir)).filter(|(hash, _)| is_hash(hash));
        found.map(|(hash, _)| (format!("{package}-{hash}"), dir.join(hash))).collect::<Vec<_>>()
    };
    entries(&profile.join("build")).flat_map(move |(package, _)| hashes(package)).collect::<Vec<_>>().into_iter()
}

impl UnitFiles {
    fn add(&mut self, file: PathBuf) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(".d") {
            self.dep_info = Some(file);
        } else if name != "invoked.timestamp" && !name.ends_with(".rcgu.o") {
            self.files.push(file);
        }
    }

    /// Adds everything below a directory, which need not exist.
    fn tree(&mut self, profile: &Path, dir: &Path) {
        for (name, kind) in entries(&profile.join(dir)) {
            let path = dir.join(name);
            match kind {
                Some(kind) if kind.is_file() && !path.components().any(|c| c.as_os_str() == "out") => self.add(path),
                // What a script has written is kept under whatever name.
                Some(kind) if kind.is_file() && is_compilers(&path) => self.add(path),
                Some(kind) if kind.is_file() => self.files.push(path),
                Some(kind) if kind.is_dir() => {
                    self.tree(profile, &path);
                    self.dirs.push(path);
                }
                _ => self.odd = true,
            }
        }
        if profile.join(dir).is_dir() && dir.file_name().is_some_and(|n| n == "out") {
            self.dirs.push(dir.to_owned());
        }
    }
}

/// In the new layout the compiler's outputs lie in a directory called `out` as well, beside no `run`.
fn is_compilers(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "d") && path.parent().and_then(Path::parent).is_some_and(|unit| is_hash(&name_of(unit)))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Names (those that are text) and types.
fn entries(dir: &Path) -> impl Iterator<Item = (String, Option<fs::FileType>)> + use<> {
    let read = fs::read_dir(dir).into_iter().flatten().flatten();
    read.filter_map(|e| Some((e.file_name().into_string().ok()?, e.file_type().ok())))
}

fn hash_of(name: &str) -> Option<&str> {
    let (_, hash) = name.rsplit_once('-')?;
    is_hash(hash).then_some(hash)
}

fn is_hash(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plant(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().expect("temporary directory");
        for file in files {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().expect("not the root")).expect("created");
            fs::write(path, "").expect("written");
        }
        dir
    }

    fn sorted(paths: &[PathBuf]) -> Vec<String> {
        let mut all: Vec<String> = paths.iter().map(|p| p.display().to_string()).collect();
        all.sort();
        all
    }

    #[test]
    fn the_classic_layout() {
        let dir = plant(&[
            ".fingerprint/serde-90ea9c81a65cb426/lib-serde",
            "deps/libserde-90ea9c81a65cb426.rlib",
            "deps/libserde-90ea9c81a65cb426.rmeta",
            "deps/serde-90ea9c81a65cb426.d",
            "deps/serde-90ea9c81a65cb426.serde.0.rcgu.o",
            "deps/libother-0000000000000000.rlib",
            ".fingerprint/serde-8171b9e16a21d063/run-build-script-build-script-build",
            "build/serde-8171b9e16a21d063/output",
            "build/serde-8171b9e16a21d063/invoked.timestamp",
            "build/serde-8171b9e16a21d063/out/x/private.d",
        ]);
        let (layout, mut units) = scan(dir.path(), &|_| false);
        units.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!((layout, units.len()), (Layout::Classic, 2));
        assert_eq!((units[1].package(), units[1].odd), ("serde", false));
        assert_eq!(
            sorted(&units[0].files),
            ["build/serde-8171b9e16a21d063/out/x/private.d", "build/serde-8171b9e16a21d063/output"]
        );
        assert_eq!(
            sorted(&units[0].dirs),
            ["build/serde-8171b9e16a21d063/out", "build/serde-8171b9e16a21d063/out", "build/serde-8171b9e16a21d063/out/x"]
        );
        assert_eq!(sorted(&units[1].files), ["deps/libserde-90ea9c81a65cb426.rlib", "deps/libserde-90ea9c81a65cb426.rmeta"]);
        assert!(units[1].dep_info.is_some());
        assert_eq!(fingerprints(dir.path()).len(), 2);
        std::os::unix::fs::symlink("/", dir.path().join("build/serde-8171b9e16a21d063/out/link")).expect("linked");
        assert!(scan(dir.path(), &|_| false).1.iter().any(|u| u.odd));
    }

    #[test]
    fn where_an_output_belongs() {
        let above = |dir: &str, triple| above(Path::new(dir), triple).map(|(t, p)| format!("{} {p}", t.display()));
        assert_eq!(above("/p/target/debug/deps", None).as_deref(), Some("/p/target debug"));
        assert_eq!(above("/deps/target/debug/build/serde-90ea9c81a65cb426", None).as_deref(), Some("/deps/target debug"));
        assert_eq!(above("/p/target/debug/build/serde/90ea9c81a65cb426/out", None).as_deref(), Some("/p/target debug"));
        assert_eq!(above("/t/x-y-z/release/examples", Some("x-y-z")).as_deref(), Some("/t x-y-z/release"));
        assert_eq!(above("/t/spec/release/deps", Some("/a/spec.json")).as_deref(), Some("/t spec/release"));
        assert_eq!(above("/t/debug/deps", Some("x-y-z")), None);
        assert_eq!(above("/t/debug", None), None);
        assert_eq!(unit_of_file(Path::new("/t/deps/libserde-90ea9c81a65cb426.rmeta")), "90ea9c81a65cb426");
        assert_eq!(unit_of_file(Path::new("/t/deps/libplugin.so")), "libplugin");
        let run = |dir: &str| run_of(Path::new(dir)).map(|(d, hash)| format!("{} {hash}", d.display()));
        assert_eq!(run("/t/build/a-90ea9c81a65cb426/out").as_deref(), Some("/t/build/a-90ea9c81a65cb426 90ea9c81a65cb426"));
        assert_eq!(run("/t/build/a/90ea9c81a65cb426/out").as_deref(), Some("/t/build/a/90ea9c81a65cb426 90ea9c81a65cb426"));
        assert_eq!(run("/elsewhere/out"), None);
    }

    #[test]
    fn one_directory_per_unit() {
        let dir = plant(&[
            "build/serde/6b2f7dcba84f7e04/fingerprint/lib-serde",
            "build/serde/6b2f7dcba84f7e04/out/libserde-6b2f7dcba84f7e04.rlib",
            "build/serde/6b2f7dcba84f7e04/out/serde-6b2f7dcba84f7e04.d",
            "build/serde/aae00067ca4a6475/fingerprint/run-build-script-build-script-build",
            "build/serde/aae00067ca4a6475/out/private.rs",
            "build/serde/aae00067ca4a6475/run/stdout",
            "build/serde/aae00067ca4a6475/run/invoked.timestamp",
        ]);
        let (layout, mut units) = scan(dir.path(), &|_| false);
        units.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!((layout, units.len()), (Layout::PerUnit, 2));
        assert_eq!(units[0].name, "serde-6b2f7dcba84f7e04");
        assert_eq!(sorted(&units[0].files), ["build/serde/6b2f7dcba84f7e04/out/libserde-6b2f7dcba84f7e04.rlib"]);
        assert!(units[0].dep_info.is_some());
        assert_eq!(
            sorted(&units[1].files),
            ["build/serde/aae00067ca4a6475/out/private.rs", "build/serde/aae00067ca4a6475/run/stdout"]
        );
        assert_eq!(fingerprints(dir.path())["serde-aae00067ca4a6475"], Path::new("build/serde/aae00067ca4a6475/fingerprint"));
    }
}
