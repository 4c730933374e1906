//! Features, flags, profiles, versions, lints and the toolchain.

use crate::support::{
    Run,
    case::{APP, Case},
    edit,
};

const FLAGS: [(&str, &str); 2] = [
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[features]\nextra = []\n[lints.rust]\nunexpected_cfgs = \"allow\"\n",
    ),
    (
        "src/main.rs",
        "fn main() {\n    println!(\"{} {} {} {}\", cfg!(feature = \"extra\"), cfg!(special), cfg!(debug_assertions), env!(\"CARGO_PKG_VERSION\"));\n}\n",
    ),
];

#[test]
fn a_feature() {
    let case = Case::new(FLAGS);
    let built = case.changed_with(|_| (), &["--features", "extra"], &[]);
    built.missed("app", "feature-changed", "`extra` is new").prints("true false true 0.1.0");
    case.changed_with(|_| (), &["--features", "extra"], &[]).all_hits();
}

#[test]
fn flags_from_the_environment() {
    let case = Case::new(FLAGS);
    let cfg = [("RUSTFLAGS", "--cfg special")];
    case.again_with(&cfg).missed("app", "argument-changed", "`--cfg special` is new").prints("false true true 0.1.0");
    case.again_with(&cfg).all_hits();
    let built = case.again_with(&[("RUSTFLAGS", "-C opt-level=1")]);
    built.missed("app", "argument-changed", "`-C opt-level` is new").prints("false false false 0.1.0");
}

#[test]
fn the_order_of_flags() {
    let case = Case::with(FLAGS, &[("RUSTFLAGS", "-C opt-level=1 -C opt-level=0")]);
    let built = case.again_with(&[("RUSTFLAGS", "-C opt-level=0 -C opt-level=1")]);
    built.missed("app", "argument-changed", "`-C opt-level` changed");
}

#[test]
fn a_setting_of_the_profile() {
    let case = Case::new(FLAGS);
    let built =
        case.changed(|dir| edit(&dir.join("Cargo.toml"), "[features]", "[profile.dev]\ndebug-assertions = false\n[features]"));
    built.missed("app", "argument-changed", "debug-assertions").prints("false false false 0.1.0");
}

#[test]
fn the_version() {
    let case = Case::new(FLAGS);
    let built = case.changed(|dir| edit(&dir.join("Cargo.toml"), "0.1.0", "0.2.0"));
    built.missed("app", "environment-changed", "`CARGO_PKG_VERSION").prints("false false true 0.2.0");
}

const WARNS: [(&str, &str); 2] = [("Cargo.toml", APP), ("src/main.rs", "fn main() { let unused = 1; }\n")];

#[test]
fn a_success_with_warnings_is_none_where_they_are_errors() {
    let case = Case::new(WARNS);
    let denied = case.again_with(&[("RUSTFLAGS", "-D warnings")]);
    assert!(!denied.run.0.status.success() && denied.run.stderr().contains("unused"), "{}", denied.run.stderr());
    denied.missed("app", "argument-changed", "`-D`");
    let built =
        case.changed(|dir| edit(&dir.join("Cargo.toml"), "edition", "[lints.rust]\nwarnings = \"deny\"\n[package.metadata]\nx"));
    assert!(!built.run.0.status.success());
}

#[test]
fn capped_lints_are_not_replayed_without_the_cap() {
    let files = [WARNS[0], ("src/main.rs", "#![deny(unused)]\nfn main() { let unused = 1; }\n")];
    let case = Case::with(files, &[("RUSTFLAGS", "--cap-lints warn")]);
    let denied = case.again();
    assert!(!denied.run.0.status.success());
    denied.missed("app", "argument-changed", "`--cap-lints` is gone");
    case.again_with(&[("RUSTFLAGS", "--cap-lints warn")]).all_hits();
}

#[test]
fn another_toolchain() {
    let case = Case::new(FLAGS);
    let has_nightly = Run::of(case.sandbox.command("cargo", &case.first).args(["+nightly", "--version"])).0.status.success();
    if !has_nightly {
        eprintln!("left out: no nightly toolchain is installed");
        return;
    }
    let nightly = case.changed_with(|_| (), &["+nightly"], &[]);
    nightly.missed("app", "toolchain-changed", "toolchain").prints("false false true 0.1.0");
    case.changed_with(|_| (), &["+nightly"], &[]).all_hits();
    case.again().all_hits();
}
