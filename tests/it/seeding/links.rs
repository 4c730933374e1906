//! Links on the way to cargo's home, to the sources and to the target directory: cargo writes down paths as it was given
//! them, and so do we.

use std::{fs, os::unix::fs::symlink};

use crate::support::kit::{GIT, Kit, REGISTRY};

#[test]
fn cargos_home_may_be_elsewhere() {
    let kit = Kit::new();
    let home = kit.sandbox.path("home/.cargo");
    fs::rename(&home, kit.sandbox.path("disk")).expect("moved");
    symlink(kit.sandbox.path("disk"), &home).expect("linked");
    kit.fill(&kit.app, &["check"]);
    let copy = kit.copy("copy");
    kit.ours(&copy, &["check"]).assert_made(&["app"]).assert_fresh(GIT.iter().chain(&REGISTRY));
}

#[test]
fn a_manifest_may_be_named_by_way_of_a_link() {
    let kit = Kit::new();
    let at = |name: &str| {
        let link = kit.sandbox.path(&format!("{name} link"));
        symlink(kit.sandbox.path(name), &link).expect("linked");
        ["build".to_owned(), "--manifest-path".to_owned(), link.join("Cargo.toml").display().to_string()]
    };
    let build = |args: &[String; 3], dir: &str| kit.fill(&kit.sandbox.path(dir), &[&args[0], &args[1], &args[2]]);
    kit.copy("copy");
    let (first, copy) = (at("first"), at("copy"));
    build(&first, "home");
    build(&copy, "home").assert_made(&["app"]).assert_fresh(GIT.iter().chain(&REGISTRY));
    let output = |dir: &str| {
        let scripts = fs::read_dir(kit.sandbox.path(dir).join("target/debug/build")).expect("built").flatten();
        scripts.filter_map(|e| fs::read_to_string(e.path().join("output")).ok()).collect::<String>()
    };
    let said = output("copy");
    assert!(said.contains("copy link/target") && !said.contains("first"), "{said}");

    // And the other way round: what was built under one name of a directory is used under another.
    fs::remove_dir_all(kit.sandbox.path("copy/target")).expect("removed");
    kit.ours(&kit.sandbox.path("copy"), &["build"]).assert_made(&["app"]);
    let said = output("copy");
    assert!(said.contains("/copy/target") && !said.contains("link/target"), "{said}");
    kit.assert_like(&kit.sandbox.path("copy"), &kit.reference("first", &["build"]), &["build"], "target/debug/app");
}
