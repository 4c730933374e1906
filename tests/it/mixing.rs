//! Restored outputs live on: cargo finds them fresh, edits are seen, plain cargo and we take turns in one directory, and
//! commands and profiles do not get into each other's way.

use std::{fs, path::Path};

use crate::support::{
    Run,
    case::{APP, Case},
    edit,
};

const PROGRAM: [(&str, &str); 5] = [
    (
        "Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = { path = \"dep\" }\n",
    ),
    ("src/main.rs", "fn main() { println!(\"{}-{}\", dep::name(), include_str!(\"v.txt\").trim()); }\n"),
    ("src/v.txt", "v1\n"),
    ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
    (
        "dep/src/lib.rs",
        "pub fn name() -> &'static str { \"d1\" }\n#[cfg(test)]\nmod tests { #[test] fn works() { assert_eq!(super::name().len(), 2); } }\n",
    ),
];

fn prints(case: &Case, dir: &Path, expected: &str) {
    let said = Run::of(&mut case.sandbox.command(dir.join("target/debug/app"), dir)).success().stdout();
    assert_eq!(said.trim(), expected);
}

#[test]
fn an_edit_after_a_restored_build() {
    let case = Case::new(PROGRAM);
    let dir = case.copy();
    case.build(dir.clone(), &[], &[]).all_hits().prints("d1-v1");
    let steps: [(&str, &str, &str, &str); 4] = [
        ("dep/src/lib.rs", "d1", "d2", "d2-v1"),
        ("src/v.txt", "v1", "v2", "d2-v2"),
        // Back to what is known: the library is restored, and must not be taken for the older one that it is.
        ("dep/src/lib.rs", "d2", "d1", "d1-v2"),
        ("src/v.txt", "v2", "v1", "d1-v1"),
    ];
    for (file, from, to, expected) in steps {
        edit(&dir.join(file), from, to);
        case.build(dir.clone(), &[], &[]).prints(expected);
        case.sandbox.cargo(&dir, &["build"]).assert_no_op();
        case.sandbox.ours(&dir, &["build"]).assert_no_op();
    }
}

#[test]
fn plain_cargo_and_we_take_turns() {
    let case = Case::new(PROGRAM);
    let dir = case.copy();
    for (turn, version) in ["v2", "v3", "v4", "v5", "v1", "v2"].into_iter().enumerate() {
        let (name, text) = (if turn % 3 == 2 { "d2" } else { "d1" }, format!("{version}\n"));
        fs::write(dir.join("src/v.txt"), text).expect("written");
        fs::write(dir.join("dep/src/lib.rs"), PROGRAM[4].1.replace("d1", name)).expect("written");
        if turn % 2 == 0 {
            case.sandbox.cargo(&dir, &["build", "--quiet"]).success();
            prints(&case, &dir, &format!("{name}-{version}"));
            case.sandbox.ours(&dir, &["build"]).assert_no_op();
        } else {
            case.build(dir.clone(), &[], &[]).prints(&format!("{name}-{version}"));
            case.sandbox.cargo(&dir, &["build"]).assert_no_op();
        }
    }
}

/// What plain cargo has built is a dependency like any other, though no cache knows it.
#[test]
fn on_top_of_what_plain_cargo_has_built() {
    let case = Case::unbuilt(PROGRAM);
    case.sandbox.cargo(&case.first, &["build", "--quiet"]).success();
    edit(&case.first.join("src/v.txt"), "v1", "v2");
    case.build(case.first.clone(), &[], &[]).prints("d1-v2");
    edit(&case.first.join("dep/src/lib.rs"), "d1", "d2");
    case.sandbox.cargo(&case.first, &["build", "--quiet", "-p", "dep"]).success();
    case.build(case.first.clone(), &[], &[]).prints("d2-v2");
}

#[test]
fn commands_and_profiles_in_one_directory() {
    let case = Case::unbuilt(PROGRAM);
    let commands: [&[&str]; 6] = [
        &["check", "--workspace"],
        &["build", "--workspace"],
        &["test", "--workspace", "--quiet"],
        &["clippy", "--workspace"],
        &["build", "--workspace", "--release"],
        &["check", "--workspace", "--all-targets"],
    ];
    let run = |dir: &Path| {
        for args in commands {
            case.sandbox.ours(dir, args).success();
        }
        prints(&case, dir, "d1-v1");
        for args in commands {
            case.sandbox.ours(dir, args).success().assert_no_op();
        }
    };
    run(&case.first);
    let cold = case.sandbox.take_stats();
    assert_eq!((cold.hits(), cold.bypasses()), (0, 0), "{:#}", cold.0);
    let dir = case.copy();
    run(&dir);
    let warm = case.sandbox.take_stats();
    warm.assert_all_hits(cold.misses());
    for args in commands {
        case.sandbox.cargo(&dir, args).success().assert_no_op();
    }
}

#[test]
fn a_failed_compile_is_compiled_again() {
    let case = Case::unbuilt([("Cargo.toml", APP), ("src/main.rs", "fn main() { missing() }\n")]);
    for _ in 0..2 {
        let built = case.build(case.first.clone(), &[], &[]);
        assert!(built.run.stderr().contains("E0425"), "{}", built.run.stderr());
        assert_eq!((built.stats.hits(), built.stats.misses()), (0, 1), "{:#}", built.stats.0);
    }
    edit(&case.first.join("src/main.rs"), "missing()", "println!(\"ok\")");
    case.build(case.first.clone(), &[], &[]).prints("ok");
}
