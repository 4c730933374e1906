//! `analyze --measure-linkers`: what is measured is the link that a build does, with each linker that is there; what follows from
//! it is told and applied; and figures that hold no more are not used.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::{
    linkers::{SETTING, installed, with_program},
    support::{Run, Sandbox, edit},
};

/// A C compiler that takes its time where the toolchain's own linker, or none, is asked for.
fn slow_system(sandbox: &Sandbox) -> String {
    let cc = installed("cc").expect("a C compiler");
    let script = format!("case \" $* \" in *--version*) ;; *linkers/mold*) ;; *) sleep 0.4;; esac\nexec {} \"$@\"", cc.display());
    with_program(sandbox, "cc", &script)
}

fn build(sandbox: &Sandbox, dir: &Path, path: &str, linker: &str) {
    sandbox.ours_with(dir, &["build"], &[("PATH", path), (SETTING, linker)]).success();
}

fn measure(sandbox: &Sandbox, dir: &Path, path: &str) -> Run {
    sandbox.ours_with(dir, &["analyze", "--measure-linkers"], &[("PATH", path)])
}

fn analyzed(sandbox: &Sandbox, dir: &Path, path: &str) -> Value {
    sandbox.ours_with(dir, &["analyze", "--json"], &[("PATH", path)]).success().json()
}

fn finding<'a>(document: &'a Value, name: &str) -> Option<&'a Value> {
    document["findings"].as_array().expect("a list").iter().find(|f| f["name"] == name)
}

fn linkers(document: &Value) -> BTreeMap<String, Value> {
    let all = document["links"]["linkers"].as_array().unwrap_or_else(|| panic!("no figures in {document:#}"));
    all.iter().map(|l| (l["setting"].as_str().expect("text").to_owned(), l.clone())).collect()
}

fn program(dir: &Path) -> Vec<u8> {
    fs::read(dir.join("target/debug/app")).expect("built")
}

/// Everything in the target directory, with when it was written.
fn files(dir: &Path) -> BTreeMap<PathBuf, std::time::SystemTime> {
    let mut all = BTreeMap::new();
    let mut dirs = vec![dir.join("target")];
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).expect("readable").flatten() {
            let meta = entry.metadata().expect("there");
            if meta.is_dir() {
                dirs.push(entry.path());
            }
            all.insert(entry.path(), meta.modified().expect("known"));
        }
    }
    all
}

fn path() -> String {
    std::env::var("PATH").expect("set")
}

#[test]
fn what_is_measured_is_what_a_build_links() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let path = path();
    build(&sandbox, &dir, &path, "system");
    let before = files(&dir);
    measure(&sandbox, &dir.join("app"), &path).success();
    let touched: Vec<_> = files(&dir).into_iter().filter(|(path, at)| before.get(path) != Some(at)).collect();
    assert!(touched.is_empty() && files(&dir).len() == before.len(), "{touched:?}");
    let left: Vec<_> = fs::read_dir(sandbox.store().join("tmp")).into_iter().flatten().flatten().map(|e| e.path()).collect();
    assert!(!left.iter().any(|p| p.to_string_lossy().contains("links")), "the scratch directory goes: {left:?}");
    let first = linkers(&analyzed(&sandbox, &dir, &path));
    assert_eq!(first["system"]["bytes"], program(&dir).len(), "{first:?}");
    assert!(first["system"]["min_us"].as_u64() > Some(0) && first["system"]["unusable"].is_null(), "{first:?}");

    for name in ["mold", "wild"] {
        if installed(name).is_none() {
            eprintln!("SKIPPED: {name} is not installed, so that its links are like those of a build was not tested");
            assert!(!first.contains_key(name));
            continue;
        }
        let version = first[name]["version"].as_str().expect("text").to_lowercase();
        assert!(version.starts_with(name), "{version}");
        fs::remove_dir_all(dir.join("target")).expect("removed");
        build(&sandbox, &dir, &path, name);
        assert_eq!(first[name]["bytes"], program(&dir).len(), "{name}");
        // The record is of that linker now; the others are still what they were.
        measure(&sandbox, &dir, &path).success();
        let again = linkers(&analyzed(&sandbox, &dir, &path));
        let sizes =
            |all: &BTreeMap<String, Value>| all.values().map(|l| (l["version"].clone(), l["bytes"].clone())).collect::<Vec<_>>();
        assert_eq!(sizes(&again), sizes(&first), "{name}");
    }
}

#[test]
fn a_faster_linker_is_recommended_with_its_gain_applied_and_then_used() {
    if installed("mold").is_none() {
        eprintln!("SKIPPED: mold is not installed, so that a faster linker is recommended was not tested");
        return;
    }
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    let path = slow_system(&sandbox);
    let with_path = |args: &[&str]| sandbox.ours_with(&dir, args, &[("PATH", &path)]);
    with_path(&["build"]).success();
    let document = analyzed(&sandbox, &dir, &path);
    let change = finding(&document, "linking").expect("the link is slow")["change"].clone();
    assert!(change.as_str().is_some_and(|c| c.contains("analyze --measure-linkers")), "what measures is named: {change}");
    assert!(document["links"].is_null() && finding(&document, "linker").is_none());

    let table = measure(&sandbox, &dir, &path).success().stdout();
    assert!(table.contains("--apply linker-mold"), "{table}");
    let document = analyzed(&sandbox, &dir, &path);
    let found = finding(&document, "linker").unwrap_or_else(|| panic!("no finding in {document:#}"));
    assert_eq!(
        (&found["apply"], &found["gain"]["basis"], &found["gain"]["per_edit"]),
        (&"linker-mold".into(), &"measured".into(), &true.into())
    );
    // The C compiler sleeps so long; more is the difference of two linkers.
    assert!(found["gain"]["ms"].as_u64().is_some_and(|ms| ms >= 200), "{found}");

    with_path(&["analyze", "--apply", "linker-mold"]).success();
    edit(&dir.join("app/src/main.rs"), "[1, 2]", "[1, 3]");
    with_path(&["build"]).success();
    let told = sandbox.ours(&dir, &["why", "app"]).success().stdout();
    assert!(told.contains("linked by mold"), "{told}");
    let document = analyzed(&sandbox, &dir, &path);
    assert!(finding(&document, "linker").is_none(), "it is set: {document:#}");
    assert!(!document["links"].is_null(), "the figures still hold");
    with_path(&["analyze", "--undo"]).success();
    assert!(finding(&analyzed(&sandbox, &dir, &path), "linker").is_some());

    // Another version of mold, or of whatever is called so.
    with_program(&sandbox, "mold", "[ \"$1\" = --version ] || exit 1; echo mold 99");
    let store = sandbox.store().join("linkers");
    for entry in fs::read_dir(&store).expect("made").flatten() {
        fs::remove_file(entry.path().join("ld")).expect("removed");
        std::os::unix::fs::symlink(sandbox.path("programs/mold"), entry.path().join("ld")).expect("linked");
    }
    let document = analyzed(&sandbox, &dir, &path);
    assert!(document["links"].is_null() && finding(&document, "linker").is_none(), "{document:#}");
}

#[test]
fn a_linker_that_fails_is_not_usable_and_told_with_its_words() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    slow_system(&sandbox);
    let script =
        "for a; do [ \"$a\" = --version ] && { echo mold 98.7; exit; }; done\necho 'mold: error: broken linker' >&2; exit 1";
    let path = with_program(&sandbox, "mold", script);
    build(&sandbox, &dir, &path, "system");
    let table = measure(&sandbox, &dir, &path).success().stdout();
    assert!(table.contains("broken linker") && table.contains("mold 98.7") && !table.contains("--apply"), "{table}");
    let document = analyzed(&sandbox, &dir, &path);
    let mold = &linkers(&document)["mold"];
    assert_eq!((&mold["median_us"], &mold["unusable"]), (&0.into(), &"mold: error: broken linker".into()));
    assert!(finding(&document, "linker").is_none(), "{document:#}");
}

#[test]
fn what_cannot_be_linked_again_is_said_with_a_reason() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("w", "one");
    build(&sandbox, &dir, &path(), "system");
    edit(&dir.join("app/src/main.rs"), "[1, 2]", "[1, 3]");
    let run = measure(&sandbox, &dir, &path());
    assert_eq!(run.code(), Some(1), "{}", run.stderr());
    assert!(run.stderr().contains("no link of what lies on disk now is on record"), "{}", run.stderr());
    let flags = [("RUSTFLAGS", "-Clink-arg=-fuse-ld=bfd")];
    sandbox.ours_with(&dir, &["build"], &flags).success();
    let run = measure(&sandbox, &dir, &path());
    assert!(run.stderr().contains("cargo was told which linker to use"), "{}", run.stderr());
}
