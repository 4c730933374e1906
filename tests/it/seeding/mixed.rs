//! Units of the same name from builds that know nothing of each other: their bytes differ, and crates built against one do
//! not fit the other (rustc's E0460). They are never mixed; if they were, it heals.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use crate::support::{Run, edit, exe, kit::Kit};

/// Files of the crate whose bytes depend on where its generated code lies.
fn generated(dir: &Path) -> Vec<PathBuf> {
    let deps = fs::read_dir(dir.join("target/debug/deps")).expect("built").flatten().map(|e| e.path());
    let mut files: Vec<_> = deps
        .filter(|p| {
            let name = p.file_name().expect("named").to_string_lossy().into_owned();
            name.starts_with("libkit_gen-") && (name.ends_with(".rlib") || name.ends_with(".rmeta"))
        })
        .collect();
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    files
}

/// Builds without us, then has what was made taken into the store.
#[track_caller]
fn built_plainly(kit: &Kit, dir: &Path) {
    kit.plain(dir, &["build"]);
    kit.fill(dir, &["build"]).assert_nothing_done();
}

/// Puts the crate of another build into a target directory, with nothing to tell cargo so.
fn swap(kit: &Kit, dir: &Path) {
    let other = kit.copy("other");
    kit.plain(&other, &["build"]);
    for (from, to) in generated(&other).iter().zip(generated(dir)) {
        assert!(from.file_name() == to.file_name() && fs::read(from).expect("read") != fs::read(&to).expect("read"));
        let time = fs::metadata(&to).and_then(|m| m.modified()).expect("has a time");
        fs::remove_file(&to).expect("removed");
        fs::copy(from, &to).expect("copied");
        File::open(&to).and_then(|f| f.set_modified(time)).expect("set");
    }
}

/// A target directory from the store that will not do any more.
fn disaster(kit: &Kit) -> PathBuf {
    let broken = kit.copy("broken");
    kit.fill(&broken, &["build"]).assert_made(&["app"]);
    swap(kit, &broken);
    edit(&broken.join("src/main.rs"), "fn main() {\n", "fn main() {\n    println!(\"edited\");\n");
    broken
}

/// Built, and said that it was tried twice.
#[track_caller]
fn taken_back(kit: &Kit, dir: &Path) {
    kit.sandbox.take_stats();
    let said = kit.ours(dir, &["build"]);
    assert!(said.text.contains("E0460"), "{}", said.text);
    assert_eq!(said.text.matches("was taken back").count(), 1, "{}", said.text);
    assert_eq!(kit.sandbox.take_stats().troubles().into_iter().collect::<Vec<_>>(), [("seeds-withdrawn".into(), 1)]);
}

#[test]
fn what_does_not_fit_is_not_mixed() {
    let kit = Kit::new();
    let main = |from: &str| format!("fn main() {{ println!(\"{{}}\", {from}); }}\n");
    let small = kit.program("small", &kit.manifest("small", &kit.needs("kit-gen", "")), &main("kit_gen::GENERATED"));
    built_plainly(&kit, &kit.app);
    // The newest of this crate is now one that nothing else in the store was built against.
    built_plainly(&kit, &small);
    assert_ne!(fs::read(&generated(&kit.app)[0]).expect("read"), fs::read(&generated(&small)[0]).expect("read"));
    let third = kit.program("third", &kit.manifest("third", &kit.needs("kit-mid", "")), &main("kit_mid::tell()"));
    let plain = kit.sandbox.copy(&third, "plain/third");
    kit.ours(&third, &["build"]).assert_fresh(&["kit-base", "kit-gen", "kit-mac"]);
    kit.plain(&plain, &["build"]);
    kit.assert_like(&third, &plain, &["build"], "target/debug/third");

    // And a second whole build of the first one, elsewhere, after which both are in the store.
    let second = kit.copy("second");
    built_plainly(&kit, &second);
    let (copy, plain) = (kit.copy("copy"), kit.reference("first", &["build"]));
    kit.ours(&copy, &["build"]).assert_made(&["app"]);
    kit.assert_like(&copy, &plain, &["build"], "target/debug/app");
    assert!(kit.sandbox.take_stats().troubles().is_empty());
}

#[test]
fn what_was_mixed_all_the_same_is_taken_back() {
    let kit = Kit::new();
    built_plainly(&kit, &kit.app);
    let broken = disaster(&kit);
    taken_back(&kit, &broken);
    let plain = kit.sandbox.copy(&broken, "plain/broken");
    kit.plain(&plain, &["build"]);
    kit.assert_like(&broken, &plain, &["build"], "target/debug/app");
    // Once is enough.
    kit.ours(&broken, &["build"]).assert_nothing_done();
    // Nobody knows which unit was wrong, so that all of them are stored anew.
    kit.fill(&kit.sandbox.copy(&broken, "again"), &["build"]);
    let copy = kit.sandbox.copy(&broken, "copy");
    kit.ours(&copy, &["build"]).assert_made(&["app"]);
    kit.assert_like(&copy, &plain, &["build"], "target/debug/app");
}

#[test]
fn what_comes_mixed_is_forgotten() {
    let kit = Kit::new();
    kit.plain(&kit.app, &["build"]);
    swap(&kit, &kit.app);
    kit.fill(&kit.app, &["build"]).assert_nothing_done();
    let (first, second) = (kit.copy("a"), kit.copy("b"));
    taken_back(&kit, &first);
    let said = kit.fill(&second, &["build"]);
    assert!(!said.text.contains("E0460"), "{}", said.text);
    let (third, plain) = (kit.copy("c"), kit.reference("first", &["build"]));
    kit.ours(&third, &["build"]).assert_made(&["app"]);
    for dir in [&first, &second, &third] {
        kit.assert_like(dir, &plain, &["build"], "target/debug/app");
    }
}

#[test]
fn without_our_command_the_next_build_is_whole() {
    let kit = Kit::new();
    built_plainly(&kit, &kit.app);
    let broken = disaster(&kit);
    let run = Run::of(kit.sandbox.command("cargo", &broken).arg("build").env("RUSTC_WRAPPER", exe()));
    assert!(run.code() == Some(101) && run.stderr().contains("E0460"), "{}", run.stderr());
    let plain = kit.sandbox.copy(&broken, "plain/broken");
    kit.plain(&plain, &["build"]);
    kit.wrapped(&broken, &["build"]);
    kit.assert_like(&broken, &plain, &["build"], "target/debug/app");
    // A failure that has nothing to do with it is not tried twice.
    edit(&broken.join("src/main.rs"), "edited", "edited {}");
    let run = kit.sandbox.ours(&broken, &["build"]);
    assert!(run.code() == Some(101) && !run.stderr().contains("taken back"), "{}", run.stderr());
}
