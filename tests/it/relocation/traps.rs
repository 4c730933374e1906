//! Absolute paths that end up in programs: these must miss.

use crate::support::{
    Run,
    case::{APP, Case},
};

const MANIFEST_DIR: &str = "println!(\"{}\", env!(\"CARGO_MANIFEST_DIR\"));";

fn main_of(body: &str) -> String {
    format!("fn main() {{ {body} }}\n")
}

#[test]
fn the_manifest_directory_in_a_program() {
    let case = Case::new([("Cargo.toml", APP), ("src/main.rs", &main_of(MANIFEST_DIR))]);
    case.again().missed("app", "location-changed", "working directory").as_plain_cargo();
}

#[test]
fn the_manifest_directory_with_something_behind_it() {
    let body = "println!(\"{}\", concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/data\")); println!(\"{}\", include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/x\")));";
    let case = Case::new([("Cargo.toml", APP), ("src/main.rs", &main_of(body)), ("x", "text\n")]);
    case.again().missed("app", "location-changed", "working directory").as_plain_cargo();
}

/// A workspace of a program and a library.
fn with_library(library: &str, main: &str) -> Case {
    let manifest = format!("{APP}[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = {{ path = \"dep\" }}\n");
    Case::new([
        ("Cargo.toml", &*manifest),
        ("src/main.rs", &main_of(main)),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("dep/src/lib.rs", library),
    ])
}

#[test]
fn a_constant_of_a_library() {
    let case = with_library("pub const ROOT: &str = env!(\"CARGO_MANIFEST_DIR\");\n", "println!(\"{}\", dep::ROOT);");
    case.again().missed("dep", "location-changed", "working directory").as_plain_cargo();
}

#[test]
fn a_macro_of_a_library() {
    let library = "#[macro_export]\nmacro_rules! root { () => { env!(\"CARGO_MANIFEST_DIR\") } }\n";
    let case = with_library(library, "println!(\"{}\", dep::root!());");
    case.again().hit("dep").missed("app", "location-changed", "working directory").as_plain_cargo();
}

#[test]
fn a_generic_function_that_mentions_its_directory() {
    let library = "pub fn root<T: std::fmt::Display>(t: T) -> String { format!(\"{t}{}\", env!(\"CARGO_MANIFEST_DIR\")) }\n";
    let case = with_library(library, "println!(\"{}\", dep::root(1));");
    case.again().missed("dep", "location-changed", "working directory").as_plain_cargo();
}

#[test]
fn the_build_directory_in_a_program() {
    let case = Case::new([
        ("Cargo.toml", APP),
        ("build.rs", "fn main() { println!(\"cargo:rerun-if-changed=build.rs\"); }\n"),
        ("src/main.rs", &main_of("println!(\"{}\", concat!(env!(\"OUT_DIR\"), \"/data.bin\"));")),
    ]);
    case.again().missed("app bin", "location-changed", "OUT_DIR").as_plain_cargo();
}

#[test]
fn a_path_that_a_build_script_passes_on() {
    let case = Case::new([
        ("Cargo.toml", APP),
        (
            "build.rs",
            "fn main() { println!(\"cargo:rustc-env=ROOT={}\", std::env::current_dir().unwrap().join(\"x\").display()); }\n",
        ),
        ("src/main.rs", &main_of("println!(\"{}\", env!(\"ROOT\"));")),
    ]);
    case.again().missed("app bin", "location-changed", "working directory").as_plain_cargo();
}

const MAC: (&str, &str) =
    ("mac/Cargo.toml", "[package]\nname = \"mac\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n");
/// Expands to what stands in `CARGO_MANIFEST_DIR` while it is expanded, as a string.
const ROOT_MACRO: (&str, &str) = (
    "mac/src/lib.rs",
    "use proc_macro::TokenStream;\n#[proc_macro]\npub fn root(_: TokenStream) -> TokenStream {\n\
     format!(\"{:?}\", std::env::var(\"CARGO_MANIFEST_DIR\").unwrap()).parse().unwrap()\n}\n",
);
const USES_MAC: &str =
    "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nmac = { path = \"mac\" }\n";

#[test]
fn a_procedural_macro_that_bakes_its_directory_in() {
    let main = main_of("println!(\"{}\", mac::root!());");
    let case = Case::new([("Cargo.toml", USES_MAC), ("src/main.rs", &main), MAC, ROOT_MACRO]);
    case.again().hit("mac").missed("app", "location-changed", "working directory").as_plain_cargo();
}

/// The constant is in the library's metadata alone, and it is the very path that metadata names anyway.
#[test]
fn a_procedural_macro_in_a_library_of_the_same_package() {
    for library in [
        "pub const ROOT: &str = mac::root!();\n",
        "#[inline]\npub fn root<T>(_: T) -> &'static str { mac::root!() }\npub const ROOT: &str = \"\";\n",
        "pub const ROOT: &[u8] = mac::root!().as_bytes();\n",
    ] {
        let body = if library.contains("fn root") { "app::root(1)" } else { "app::ROOT" };
        let main = main_of(&format!("println!(\"{{:?}}\", {body});"));
        let case = Case::new([("Cargo.toml", USES_MAC), ("src/lib.rs", library), ("src/main.rs", &main), MAC, ROOT_MACRO]);
        case.again().missed("app lib", "location-changed", "working directory").as_plain_cargo();
    }
}

#[test]
fn a_program_that_an_integration_test_runs() {
    let case = Case::unbuilt([
        ("Cargo.toml", APP),
        ("src/main.rs", "fn main() { println!(\"hi\"); }\n"),
        (
            "tests/runs.rs",
            "#[test]\nfn runs() {\n    let app = env!(\"CARGO_BIN_EXE_app\");\n    println!(\"path: {app}\");\n\
             \x20   assert!(std::process::Command::new(app).output().unwrap().status.success());\n}\n",
        ),
    ]);
    let args = ["test", "--test", "runs", "--", "--nocapture"];
    case.sandbox.ours(&case.first, &args).success();
    case.sandbox.take_stats();
    let second = case.copy();
    std::fs::remove_dir_all(&case.first).expect("removed");
    let path = |run: Run| run.success().stdout().lines().find(|l| l.starts_with("path: ")).map(str::to_owned);
    let ours = path(case.sandbox.ours(&second, &args));
    assert_eq!(case.sandbox.take_stats().reasons(), [("location-changed".to_owned(), 1)].into());
    std::fs::remove_dir_all(second.join("target")).expect("removed");
    assert_eq!(ours, path(case.sandbox.cargo(&second, &args)));
    assert!(ours.is_some_and(|p| p.contains("/copy 1/")));
}

/// A source that is included by its absolute path is named by it, and a generic function takes it to other crates.
#[test]
fn a_source_included_by_absolute_path() {
    let library = "include!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/src/more.rs\"));\n";
    for more in ["pub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }\n", "pub fn pick(v: &[u8], i: usize) -> u8 { v[i] }\n"] {
        let manifest = format!("{APP}[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = {{ path = \"dep\" }}\n");
        let case = Case::new([
            ("Cargo.toml", &*manifest),
            ("src/main.rs", "fn main() { dep::pick(&[1], 7); }\n"),
            ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("dep/src/lib.rs", library),
            ("dep/src/more.rs", more),
        ]);
        let built = case.again();
        built.as_plain_cargo();
        assert!(built.app(&[]).stderr().contains("copy 1/w/dep/src/more.rs:1:"), "{}", built.app(&[]).stderr());
    }
}
