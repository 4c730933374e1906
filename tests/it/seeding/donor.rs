//! What happens in a seeded target directory stays there: neither the store nor the directory that the units come from
//! changes.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

use crate::support::{Run, edit, kit::Kit};

/// Digest and write time of every file below a directory.
fn sums(dir: &Path, all: &mut BTreeMap<PathBuf, (blake3::Hash, std::time::SystemTime)>) {
    for entry in fs::read_dir(dir).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sums(&path, all);
        } else {
            let bytes = fs::read(&path).expect("readable");
            let time = entry.metadata().and_then(|m| m.modified()).expect("has a time");
            all.insert(path, (blake3::hash(&bytes), time));
        }
    }
}

/// Everything that must stay as it is: the donor's target directory and the store's blobs.
fn state(kit: &Kit) -> BTreeMap<PathBuf, (blake3::Hash, std::time::SystemTime)> {
    let mut all = BTreeMap::new();
    sums(&kit.app.join("target"), &mut all);
    let blobs = kit.sandbox.store().join("blobs");
    sums(&blobs, &mut all);
    assert!(all.keys().filter(|p| p.starts_with(&blobs)).count() > 10, "{all:?}");
    all
}

/// Files below a directory with this in their names.
fn files(dir: &Path, part: &str) -> Vec<PathBuf> {
    let mut all = BTreeMap::new();
    sums(dir, &mut all);
    let named = |p: &PathBuf| p.file_name().is_some_and(|n| n.to_string_lossy().contains(part));
    all.into_keys().filter(named).collect()
}

#[test]
fn nothing_changes_when_a_seeded_directory_does() {
    let kit = Kit::new();
    kit.fill(&kit.app, &["build"]);
    let seeded = kit.copy("seeded");
    kit.fill(&seeded, &["build"]).assert_made(&["app"]);
    // Results of the copy's own are in the store by now.
    let before = state(&kit);

    // Cargo builds everything anew in place, without us.
    for fingerprint in files(&seeded.join("target/debug/.fingerprint"), "dep-") {
        fs::remove_file(fingerprint).expect("removed");
    }
    let packages = ["app", "kit-base", "kit-gen", "kit-mac", "kit-mid", "kit-native", "kit-top", "leaf", "twig"];
    kit.plain(&seeded, &["build"]).assert_made(&packages);
    assert_eq!(before, state(&kit), "after a rebuild");

    let program = seeded.join("target/debug/app");
    let tool = |name: &str, args: &[&str]| {
        Run::of(Command::new(name).args(args).arg(&program)).success();
    };
    tool("strip", &["--strip-debug"]);
    tool("objcopy", &["--remove-section=.comment"]);
    Run::of(&mut Command::new(&program)).success();
    assert_eq!(before, state(&kit), "after other tools");

    for clean in [&["clean", "--package", "kit-gen"][..], &["clean"]] {
        kit.sandbox.cargo(&seeded, clean).success();
        assert_eq!(before, state(&kit), "after {clean:?}");
    }

    // And once more from the store, with an edit.
    edit(&seeded.join("src/main.rs"), "kit_top::all()", "kit_top::all() + \"!\"");
    kit.plain(&seeded, &["build"]);
    assert_eq!(before, state(&kit), "after an edit");
}

#[test]
fn what_a_build_makes_in_place_of_seeds_is_its_own() {
    let kit = Kit::new();
    kit.fill(&kit.app, &["build"]);
    let seeded = kit.copy("seeded");
    kit.fill(&seeded, &["build"]);
    let before = state(&kit);
    // Every file that is not linked may be written to.
    for file in files(&seeded.join("target/debug"), "") {
        let meta = fs::metadata(&file).expect("there");
        let is_shared = std::os::unix::fs::MetadataExt::nlink(&meta) > 1;
        let name = file.to_string_lossy().into_owned();
        if is_shared {
            let kinds = [".rlib", ".rmeta", ".so", "build_script_build", "build-script-build", "/app"];
            assert!(kinds.iter().any(|k| name.contains(k)), "{name} is shared");
        } else if meta.permissions().mode() & 0o200 != 0 {
            OpenOptions::new().append(true).open(&file).and_then(|mut f| f.write_all(b"#")).expect("written");
        }
    }
    assert_eq!(before, state(&kit));
}

#[test]
fn what_was_written_into_in_place_is_not_served() {
    let kit = Kit::new();
    kit.fill(&kit.app, &["build"]);
    let seeded = kit.copy("seeded");
    kit.fill(&seeded, &["build"]).assert_made(&["app"]);
    let victim = files(&seeded.join("target/debug/deps"), "libkit_mid").remove(0);
    let length = fs::metadata(&victim).expect("there").len();
    let mut file = OpenOptions::new().append(true).open(&victim).expect("opened");
    file.write_all(b"somebody was here").expect("written");
    drop(file);
    assert!(fs::metadata(&victim).expect("there").len() > length);
    let (copy, plain) = (kit.copy("copy"), kit.reference("first", &["build"]));
    kit.ours(&copy, &["build"]);
    kit.assert_like(&copy, &plain, &["build"], "target/debug/app");
    let served = files(&copy.join("target/debug/deps"), "libkit_mid");
    assert!(!served.is_empty());
    for file in served {
        assert!(!fs::read(&file).expect("read").ends_with(b"somebody was here"), "{}", file.display());
    }
}
