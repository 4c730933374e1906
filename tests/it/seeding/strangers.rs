//! A target directory in which others have built: what stands there stays, and what does not fit it is not put beside it.

use std::path::Path;

use rustc_hyperopt::artifact::marker::Marker;

use crate::support::kit::Kit;

const BUILD: [&str; 1] = ["build"];
const PROGRAM: &str = "target/debug/app";

#[track_caller]
fn right(kit: &Kit, dir: &Path, plain: &Path) {
    kit.assert_like(dir, plain, &BUILD, PROGRAM);
    assert!(kit.sandbox.take_stats().troubles().is_empty());
}

#[test]
fn some_units_were_built_there_without_us() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let plain = kit.reference("first", &BUILD);
    for package in ["kit-gen", "kit-mid", "kit-native", "leaf"] {
        let dir = kit.copy(&format!("with {package}"));
        kit.plain(&dir, &["build", "--package", package]);
        let said = kit.fill(&dir, &BUILD);
        assert!(!said.text.contains("error["), "{}", said.text);
        // What is the same in every directory is used all the same.
        said.assert_fresh(&["kit-base", "leaf", "twig", package]);
        right(&kit, &dir, &plain);
    }
    let copy = kit.copy("copy");
    kit.ours(&copy, &BUILD).assert_made(&["app"]);
    right(&kit, &copy, &plain);
}

#[test]
fn everything_was_built_there_without_us() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let plain = kit.reference("first", &BUILD);
    let dir = kit.copy("dir");
    kit.plain(&dir, &BUILD);
    kit.fill(&dir, &BUILD).assert_nothing_done();
    kit.fill(&dir, &["check"]);
    kit.fill(&dir, &BUILD).assert_nothing_done();
    right(&kit, &dir, &plain);
}

#[test]
fn after_a_build_of_ours_nothing_is_asked_for() {
    let kit = Kit::new();
    kit.ours(&kit.app, &BUILD);
    let prepared = |dir: &Path| Marker::read(&dir.join("target")).call;
    let first = prepared(&kit.app).expect("noted at once, before anything is taken in");
    kit.ours(&kit.app, &["check"]);
    assert!(prepared(&kit.app).is_some_and(|call| call != first), "another command needs other things");
}

#[test]
fn a_build_there_was_cut_short() {
    let kit = Kit::new();
    kit.fill(&kit.app, &BUILD);
    let plain = kit.reference("first", &BUILD);
    let dir = kit.copy("dir");
    // Files without the fingerprints that speak for them.
    kit.plain(&dir, &["build", "--package", "kit-mid"]);
    for entry in std::fs::read_dir(dir.join("target/debug/.fingerprint")).expect("built").flatten() {
        if entry.file_name().to_string_lossy().starts_with("kit-") {
            std::fs::remove_dir_all(entry.path()).expect("removed");
        }
    }
    kit.ours(&dir, &BUILD).assert_made(&["app"]);
    right(&kit, &dir, &plain);
}
