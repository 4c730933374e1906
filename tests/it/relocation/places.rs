//! Target directories and packages in unusual places.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::support::{
    Run,
    case::{APP, Case},
};

const GENERATED: [(&str, &str); 5] = [
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ndep = { path = \"dep\" }\n",
    ),
    ("src/main.rs", "fn main() { println!(\"{} {}\", dep::N, file!()); dep::fail(std::env::args().count()); }\n"),
    ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
    (
        "dep/build.rs",
        "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(format!(\"{out}/g.rs\"), \"7\").unwrap(); println!(\"cargo:rerun-if-changed=build.rs\"); }\n",
    ),
    (
        "dep/src/lib.rs",
        "pub const N: u8 = include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\npub fn fail(n: usize) { assert!(n == 0, \"{n}\"); }\n",
    ),
];

fn said(case: &Case, dir: &Path, program: &Path) -> (Option<i32>, String, String) {
    let run = Run::of(&mut case.sandbox.command(program, dir));
    (run.0.status.code(), run.stdout(), crate::support::case::without_thread_id(&run.stderr()))
}

/// Ours, then plain cargo with the same variables in the same place; programs must say the same.
fn with_target(case: &Case, dir: &Path, target: &Path, env: &[(&str, &str)], hits: bool) {
    let ours = case.sandbox.ours_with(dir, &["build", "--quiet"], env).success();
    let stats = case.sandbox.take_stats();
    if hits {
        stats.assert_all_hits(3);
    }
    drop(ours);
    let program = target.join("debug/app");
    let words = said(case, dir, &program);
    let mut command = case.sandbox.command("cargo", dir);
    Run::of(command.args(["build"]).envs(env.iter().copied())).assert_no_op();
    let real = target.canonicalize().expect("there");
    fs::remove_dir_all(real.join("debug")).expect("removed");
    let mut command = case.sandbox.command("cargo", dir);
    Run::of(command.args(["build", "--quiet"]).envs(env.iter().copied())).success();
    assert_eq!(words, said(case, dir, &program), "the left one is ours");
}

#[test]
fn a_target_directory_outside_of_the_workspace() {
    let case = Case::new(GENERATED);
    for name in ["out/a", "out/b c"] {
        let target = case.sandbox.path(name);
        with_target(&case, &case.copy(), &target, &[("CARGO_TARGET_DIR", target.to_str().expect("plain"))], true);
    }
}

#[test]
fn one_target_directory_for_two_checkouts() {
    let case = Case::unbuilt(GENERATED);
    let target = case.sandbox.path("shared");
    let env = [("CARGO_TARGET_DIR", target.to_str().expect("plain"))];
    for _ in 0..2 {
        with_target(&case, &case.copy(), &target, &env, false);
    }
}

#[test]
fn a_target_directory_that_is_a_link() {
    let case = Case::new(GENERATED);
    let (dir, real) = (case.copy(), case.sandbox.path("disk/target"));
    fs::create_dir_all(&real).expect("created");
    let link = dir.join("target");
    std::os::unix::fs::symlink(&real, &link).expect("linked");
    with_target(&case, &dir, &link, &[], true);
    assert!(link.symlink_metadata().expect("there").is_symlink(), "it stays a link");
    assert!(real.join("debug/app").exists());
}

#[test]
fn a_build_directory_apart_from_the_target_directory() {
    let case = Case::new(GENERATED);
    for (dir, build) in [(case.copy(), case.sandbox.path("b1")), (case.copy(), case.sandbox.path("b2"))] {
        let env = [("CARGO_BUILD_BUILD_DIR", build.to_str().expect("plain"))];
        let ours = case.sandbox.ours_with(&dir, &["build", "--quiet"], &env).success();
        drop(ours);
        case.sandbox.take_stats().assert_all_hits(3);
        assert!(build.join("debug/deps").exists(), "this cargo knows the setting");
        assert_eq!(said(&case, &dir, &dir.join("target/debug/app")).1, "7 src/main.rs\n");
        Run::of(case.sandbox.command("cargo", &dir).arg("build").envs(env)).assert_no_op();
    }
}

#[test]
fn a_package_outside_of_the_workspace() {
    let case = Case::unbuilt([
        (
            "ws/Cargo.toml",
            "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\ndep = { path = \"../dep\" }\n",
        ),
        ("ws/src/main.rs", "fn main() { println!(\"{}\", dep::file(1)); dep::pick(&[1], 7); }\n"),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        (
            "dep/src/lib.rs",
            "pub fn file<T>(_: T) -> &'static str { file!() }\npub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }\n",
        ),
    ]);
    case.build(case.first.join("ws"), &[], &[]).run.success();
    let second: PathBuf = case.copy().join("ws");
    case.build(second.clone(), &[], &[]).as_plain_cargo();
    fs::remove_dir_all(second.join("target")).expect("removed");
    case.build(second, &[], &[]).all_hits();
}

#[test]
fn prefixes_that_the_user_maps() {
    let case = Case::unbuilt([
        ("Cargo.toml", APP),
        ("src/main.rs", "fn main() { println!(\"{} {}\", file!(), env!(\"CARGO_MANIFEST_DIR\")); panic!(); }\n"),
    ]);
    for dir in [case.first.clone(), case.copy()] {
        let flags = format!("--remap-path-prefix={}=/mapped --remap-path-prefix=src=/sources", dir.display());
        let env = [("CARGO_ENCODED_RUSTFLAGS", flags.replace(' ', "\u{1f}").replace("copy\u{1f}1", "copy 1"))];
        let run = |command: &mut std::process::Command| {
            Run::of(command.args(["build", "--quiet"]).envs(env.iter().map(|(k, v)| (*k, v.as_str())))).success();
            let words = said(&case, &dir, &dir.join("target/debug/app"));
            fs::remove_dir_all(dir.join("target")).expect("removed");
            words
        };
        let ours = run(&mut case.sandbox.command(crate::support::exe(), &dir));
        assert!(ours.1.contains("/sources") || ours.1.contains("/mapped"), "{ours:?}");
        assert_eq!(ours, run(&mut case.sandbox.command("cargo", &dir)));
    }
}
