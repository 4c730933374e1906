//! What names places relative to the workspace, or only reads from them: these must hit, with plain cargo's machine code.

use crate::support::{
    Run,
    case::{APP, Built, Case},
    oracle, write,
};

/// Same code as plain cargo makes in a directory of its own, and nothing to do for cargo afterwards.
#[track_caller]
fn is_what_plain_cargo_makes(built: &Built<'_>) {
    let case = built.case;
    let plain = case.copy();
    case.sandbox.cargo(&plain, &["build", "--quiet"]).success();
    oracle::assert_same_outputs(&plain, &built.dir, "debug");
    case.sandbox.cargo(&built.dir, &["build"]).assert_no_op();
}

#[test]
fn places_in_panic_messages_and_file_names() {
    let manifest = format!("{APP}[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = {{ path = \"dep\" }}\n");
    let case = Case::new([
        ("Cargo.toml", &*manifest),
        (
            "src/main.rs",
            "mod inner;\nfn main() {\n    println!(\"{} {} {}\", file!(), dep::file(), dep::generic(1u8));\n    println!(\"{}\", inner::here());\n\
             \x20   match std::env::args().count() { 2 => { dep::pick(&[1], 7); } 3 => { dep::old(&[1], 7); } 4 => inner::fail(), _ => () }\n}\n",
        ),
        (
            "src/inner.rs",
            "pub fn fail() { None::<u8>.expect(\"something\"); }\npub fn here() -> String { std::panic::Location::caller().to_string() }\n",
        ),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        (
            "dep/src/lib.rs",
            "pub fn file() -> &'static str { file!() }\npub fn generic<T>(_: T) -> String { concat!(file!(), line!(), module_path!()).into() }\n\
             pub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }\npub fn old(v: &[u8], i: usize) -> u8 { v[i] }\n",
        ),
    ]);
    let built = case.again();
    built.all_hits();
    for args in [&[][..], &["1"], &["1", "2"], &["1", "2", "3"]] {
        built.as_plain_cargo_with(args);
    }
    is_what_plain_cargo_makes(&built);
}

#[test]
fn files_included_by_absolute_path() {
    let case = Case::new([
        ("Cargo.toml", APP),
        (
            "build.rs",
            "fn main() { let out = std::env::var(\"OUT_DIR\").unwrap(); std::fs::write(format!(\"{out}/g.rs\"), \"[1, 2]\").unwrap(); println!(\"cargo:rerun-if-changed=build.rs\"); }\n",
        ),
        (
            "src/main.rs",
            "const LIST: [u8; 2] = include!(concat!(env!(\"OUT_DIR\"), \"/g.rs\"));\n\
             fn main() { println!(\"{LIST:?} {}\", include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/x\"))); }\n",
        ),
        ("x", "text"),
    ]);
    let built = case.again();
    built.all_hits().prints("[1, 2] text");
    is_what_plain_cargo_makes(&built);
    let other = case.changed(|dir| write(&dir.join("x"), "other"));
    other.missed("app bin", "source-changed", "`x` changed").prints("[1, 2] other");
}

#[test]
fn a_release_build_with_link_time_optimisation() {
    let manifest = format!(
        "{APP}[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = {{ path = \"dep\" }}\n[profile.release]\nlto = \"fat\"\ncodegen-units = 1\n"
    );
    let case = Case::unbuilt([
        ("Cargo.toml", &*manifest),
        ("src/main.rs", "fn main() { println!(\"{}\", dep::name()); dep::fail(std::env::args().count()); }\n"),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("dep/src/lib.rs", "pub fn name() -> &'static str { file!() }\npub fn fail(n: usize) { assert!(n > 9); }\n"),
    ]);
    case.build(case.first.clone(), &["--release"], &[]).run.success();
    let built = case.changed_with(|_| (), &["--release"], &[]);
    built.all_hits();
    let plain = case.copy();
    case.sandbox.cargo(&plain, &["build", "--quiet", "--release"]).success();
    oracle::assert_same_code(&plain.join("target/release/app"), &built.dir.join("target/release/app"));
}

/// Errors in a crate that was compiled against a restored library point into that library's sources here.
#[test]
fn errors_that_point_into_a_restored_library() {
    let manifest = format!("{APP}[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = {{ path = \"dep\" }}\n");
    let case = Case::new([
        ("Cargo.toml", &*manifest),
        ("src/main.rs", "fn main() { dep::takes(1); }\n"),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("dep/src/lib.rs", "pub fn takes(_number: u32) {}\n"),
    ]);
    let dir = case.copy();
    std::fs::remove_dir_all(&case.first).expect("removed");
    write(&dir.join("src/main.rs"), "fn main() { dep::takes(\"x\"); }\n");
    let ours = case.sandbox.ours(&dir, &["build", "--quiet"]);
    assert!(ours.stderr().contains("--> dep/src/lib.rs:1:8"), "{}", ours.stderr());
    case.sandbox.take_stats();
    std::fs::remove_dir_all(dir.join("target")).expect("removed");
    let plain: Run = case.sandbox.cargo(&dir, &["build", "--quiet"]);
    assert_eq!(ours.stderr(), plain.stderr());
}
