//! Variables that a compile reads: value and presence count, others do not, secrets are left alone.

use crate::support::{
    assert_nowhere,
    case::{APP, Case},
};

const READS: [(&str, &str); 2] =
    [("Cargo.toml", APP), ("src/main.rs", "fn main() { println!(\"{} {:?}\", env!(\"GREETING\"), option_env!(\"EXTRA\")); }\n")];

#[test]
fn the_value_of_a_variable() {
    let case = Case::with(READS, &[("GREETING", "hello")]);
    case.again_with(&[("GREETING", "hello")]).all_hits().prints("hello None");
    let built = case.again_with(&[("GREETING", "good day")]);
    built.missed("app", "environment-changed", "`GREETING` changed").prints("good day None");
    case.again_with(&[("GREETING", "hello")]).all_hits().prints("hello None");
}

#[test]
fn the_presence_of_a_variable() {
    let base = ("GREETING", "hi");
    let case = Case::with(READS, &[base]);
    let present = case.again_with(&[base, ("EXTRA", "")]);
    present.missed("app", "environment-changed", "`EXTRA` changed").prints("hi Some(\"\")");
    case.again_with(&[base]).all_hits().prints("hi None");
    let case = Case::with(READS, &[base, ("EXTRA", "x")]);
    case.again_with(&[base]).missed("app", "environment-changed", "`EXTRA` changed").prints("hi None");
}

#[test]
fn other_variables_do_not_count() {
    let case = Case::with(READS, &[("GREETING", "hi"), ("UNRELATED", "1"), ("TERM", "dumb")]);
    case.again_with(&[("GREETING", "hi"), ("UNRELATED", "2"), ("LANG", "C")]).all_hits().prints("hi None");
}

#[test]
fn a_variable_set_by_a_build_script() {
    let case = Case::new([
        ("Cargo.toml", APP),
        ("build.rs", "fn main() { println!(\"cargo:rustc-env=FLAVOUR={}\", include_str!(\"flavour.txt\").trim()); }\n"),
        ("flavour.txt", "sweet\n"),
        ("src/main.rs", "fn main() { println!(\"{}\", env!(\"FLAVOUR\")); }\n"),
    ]);
    case.again().all_hits().prints("sweet");
    let built = case.changed(|dir| crate::support::write(&dir.join("flavour.txt"), "sour\n"));
    built.missed("app bin", "environment-changed", "`FLAVOUR` changed").prints("sour");
}

#[test]
fn values_that_have_to_be_escaped() {
    let values = ["two\nlines", "two\\nlines", "back\\slash", "a b=c # d", ""];
    let case = Case::with(READS, &[("GREETING", values[0])]);
    for (i, value) in values.iter().enumerate() {
        let built = case.again_with(&[("GREETING", value)]);
        assert_eq!(built.stats.misses(), u64::from(i != 0), "{value:?}: {:#}", built.stats.0);
        built.prints(format!("{value} None").trim());
        case.again_with(&[("GREETING", value)]).all_hits();
    }
}

const SECRET: &str = "hunter2-correct-horse-battery-staple";

#[test]
fn a_secret_is_left_alone() {
    let env = [("APP_API_TOKEN", SECRET)];
    let case = Case::with(
        [("Cargo.toml", APP), ("src/main.rs", "fn main() { println!(\"{:?}\", option_env!(\"APP_API_TOKEN\")); }\n")],
        &env,
    );
    let shown = format!("Some({SECRET:?})");
    for _ in 0..2 {
        let built = case.again_with(&env);
        built.prints(&shown);
        let why = built.why("app");
        assert_eq!((&why["outcome"], &why["reason"]), (&"bypass".into(), &"secret".into()), "{why}");
        assert_eq!((built.stats.hits(), built.stats.misses(), built.stats.bypasses()), (0, 0, 1), "{:#}", built.stats.0);
    }
    assert_not_kept(&case);
    // Where it is not set, there is nothing to hide.
    case.again().prints("None");
    case.again().all_hits().prints("None");
}

#[test]
fn a_secret_reaches_the_cache_through_no_other_crate() {
    let env = [("APP_API_TOKEN", SECRET)];
    let manifest = format!("{APP}[dependencies]\ndep = {{ path = \"dep\" }}\n");
    let case = Case::with(
        [
            ("Cargo.toml", &*manifest),
            ("src/main.rs", "fn main() { println!(\"{}\", dep::KEY); }\n"),
            ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("dep/src/lib.rs", "pub const KEY: &str = env!(\"APP_API_TOKEN\");\n"),
        ],
        &env,
    );
    case.again_with(&env).prints(SECRET);
    assert_not_kept(&case);
    case.sandbox.stop_daemon();
    case.again_with(&env).prints(SECRET);
    assert_not_kept(&case);
}

/// The value is nowhere in the store, nor in anything that is told about it.
#[track_caller]
fn assert_not_kept(case: &Case) {
    let told = case.sandbox.ours(&case.first, &["stats", "--json", "--detailed"]).success();
    assert!(!told.stdout().contains(SECRET));
    // Incremental state and units of the target directory as well.
    case.sandbox.ours(&case.first, &["cache", "settle"]).success();
    case.sandbox.stop_daemon();
    assert!(assert_nowhere(&case.sandbox.store(), SECRET) > 3, "the store has files");
}
