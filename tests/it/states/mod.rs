//! Incremental state: kept, put back, made while nobody builds; and whatever happens to it, the right program.

mod kept;
mod primed;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::support::{Run, Sandbox, edit, exe, oracle, small::BUILD};

/// What the tests of making state switch on.
pub const PRIMING: (&str, &str) = ("RUSTC_HYPEROPT_PERFORMANCE_SPECULATIVE_COMPILATION", "");

/// Two crates, of which `low` has so many functions that a session of it has many objects.
pub fn project(sandbox: &Sandbox, name: &str) -> PathBuf {
    let dir = sandbox.small(name, "one");
    let low = fs::read_to_string(dir.join("low/src/lib.rs")).expect("there");
    let more: String = (0..40)
        .map(|n| format!("pub mod m{n} {{\n    pub fn f(x: u64) -> String {{ format!(\"{n} of {{x}}\") }}\n}}\n"))
        .collect();
    fs::write(dir.join("low/src/lib.rs"), low + &more).expect("written");
    edit(&dir.join("app/src/main.rs"), "low::tag()", "low::tag() + &low::m39::f(3)");
    dir
}

/// Moves a line, so that nothing can be spared but by incremental compilation.
pub fn edit_low(dir: &Path, number: u32) {
    edit(&dir.join("low/src/lib.rs"), "{ format!(\"39 of {x}\") }", &format!("{{\n format!(\"39 of {{x}} {number}\") }}"));
}

pub fn build(sandbox: &Sandbox, dir: &Path) {
    sandbox.ours(dir, &BUILD).success();
}

/// Everything that waits for a quiet moment has been done.
pub fn settle(sandbox: &Sandbox) {
    sandbox.ours(&sandbox.path("home"), &["cache", "settle"]).success();
}

/// The complete sessions of a crate.
pub fn sessions(dir: &Path, crate_name: &str) -> Vec<PathBuf> {
    let incremental = dir.join("target/debug/incremental");
    rustc_hyperopt::rustc::sessions::crate_dirs(&incremental, crate_name)
        .into_iter()
        .filter_map(|d| Some(d.join(rustc_hyperopt::rustc::sessions::latest(&d)?.as_str())))
        .collect()
}

/// The only session of a crate: the objects in it with their inodes.
#[track_caller]
pub fn objects(dir: &Path, crate_name: &str) -> BTreeMap<String, u64> {
    let sessions = sessions(dir, crate_name);
    assert_eq!(sessions.len(), 1, "{sessions:?}");
    let files = fs::read_dir(&sessions[0]).expect("there").flatten();
    let objects = files.filter(|f| f.path().extension().is_some_and(|e| e == "o"));
    objects.map(|f| (f.file_name().to_string_lossy().into_owned(), f.metadata().expect("there").ino())).collect()
}

/// Most objects of the session before were taken over by the one after: the compiler has used it.
#[track_caller]
pub fn assert_derived(before: &BTreeMap<String, u64>, after: &BTreeMap<String, u64>) {
    let before: BTreeSet<u64> = before.values().copied().collect();
    let shared = after.values().filter(|inode| before.contains(inode)).count();
    assert!(shared * 2 > after.len() && after.len() > 4, "{shared} of {} objects were taken over", after.len());
}

/// What was made, and what the program prints, is what plain cargo makes of the same history in another directory.
#[track_caller]
pub fn assert_like(dir: &Path, plain: &Path) {
    oracle::assert_same_outputs(plain, dir, "debug");
    assert_eq!(program(dir), program(plain));
}

/// Every file of the target directory but those of incremental state, with its inode and time.
pub fn outputs(dir: &Path) -> BTreeMap<PathBuf, (u64, i64)> {
    fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, (u64, i64)>) {
        for entry in fs::read_dir(dir).expect("readable").flatten() {
            let meta = entry.metadata().expect("there");
            if meta.is_dir() && entry.file_name() != "incremental" {
                walk(&entry.path(), found);
            }
            found.insert(entry.path(), (meta.ino(), if meta.is_dir() { 0 } else { meta.mtime() }));
        }
    }
    let mut found = BTreeMap::new();
    walk(&dir.join("target"), &mut found);
    found
}

pub fn program(dir: &Path) -> String {
    crate::support::small::output(dir)
}

/// `stats` about state.
pub fn counted(sandbox: &Sandbox, what: &str) -> u64 {
    let stats = Run::of(sandbox.command(exe(), &sandbox.path("home")).args(["stats", "--json"])).success().json();
    stats["states"][what].as_u64().unwrap_or_else(|| panic!("{stats}"))
}
