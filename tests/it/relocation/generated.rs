//! Code that a build script has written into `OUT_DIR`, another place in every checkout.

use crate::support::case::{APP, Case};

/// A program and a library with generated code.
fn generated(code: &str, library: &str, main: &str) -> Case {
    let manifest = format!("{APP}[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = {{ path = \"dep\" }}\n");
    let script = format!(
        "fn main() {{\n    println!(\"cargo:rerun-if-changed=build.rs\");\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n\
         \x20   std::fs::write(format!(\"{{out}}/gen.rs\"), {code:?}).unwrap();\n\
         \x20   std::fs::write(format!(\"{{out}}/gen.txt\"), {code:?}).unwrap();\n}}\n"
    );
    Case::new([
        ("Cargo.toml", &*manifest),
        ("src/main.rs", &format!("fn main() {{ {main} }}\n")),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("dep/build.rs", &script),
        ("dep/src/lib.rs", library),
    ])
}

const INCLUDES: &str = "include!(concat!(env!(\"OUT_DIR\"), \"/gen.rs\"));\n";

/// Whatever has code may panic, and the message names the file.
#[track_caller]
fn panics_there(code: &str, library: &str, main: &str) {
    let case = generated(code, library, main);
    let built = case.again();
    built.as_plain_cargo().missed("dep lib", "location-changed", "OUT_DIR");
    let stderr = built.app(&[]).stderr();
    let file = format!("{}/target/debug/build/dep-", built.dir.display());
    assert!(stderr.contains(&file), "{stderr}");
}

#[test]
fn a_function_that_panics() {
    panics_there("pub fn pick(v: &[u8], i: usize) -> u8 { v[i] }", INCLUDES, "dep::pick(&[1], 7);");
}

#[test]
fn a_generic_function_that_panics_in_another_crate() {
    panics_there("pub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }", INCLUDES, "dep::pick(&[1], 7);");
}

#[test]
fn a_macro_that_panics_in_another_crate() {
    let code = "#[macro_export] macro_rules! fail { () => { panic!(\"x\") } }";
    generated(code, INCLUDES, "dep::fail!();").again().as_plain_cargo();
}

#[test]
fn code_in_a_file_that_is_not_named_as_code() {
    let library = "include!(concat!(env!(\"OUT_DIR\"), \"/gen.txt\"));\n";
    panics_there("pub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }", library, "dep::pick(&[1], 7);");
}

#[test]
fn constants_have_no_place() {
    let case = generated(
        "pub const GENERATED: [u32; 2] = [7, 8];\npub struct S(pub u8);",
        INCLUDES,
        "println!(\"{:?}\", dep::GENERATED);",
    );
    case.again().all_hits().as_plain_cargo();
}

#[test]
fn text_has_no_place() {
    let library = "pub const TEXT: &str = include_str!(concat!(env!(\"OUT_DIR\"), \"/gen.txt\"));\n";
    let case = generated("syntax = \"proto3\"; message A {}", library, "println!(\"{}\", dep::TEXT);");
    case.again().all_hits().as_plain_cargo();
}

#[test]
fn built_in_derives_have_no_place() {
    let code = "#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)] pub struct S { pub a: u8 }";
    let case = generated(code, INCLUDES, "println!(\"{:?}\", dep::S::default().clone());");
    case.again().all_hits().as_plain_cargo();
}

/// What a derive of somebody else's makes has the place of its input.
#[test]
fn the_code_of_a_derive_that_panics() {
    let manifest = format!("{APP}[workspace]\nmembers = [\"dep\"]\n[dependencies]\ndep = {{ path = \"dep\" }}\n");
    let case = Case::new([
        ("Cargo.toml", &*manifest),
        ("src/main.rs", "fn main() { <dep::S as dep::Fails>::fail(0u8); }\n"),
        (
            "dep/Cargo.toml",
            "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nmac = { path = \"../mac\" }\n",
        ),
        (
            "dep/build.rs",
            "fn main() {\n    println!(\"cargo:rerun-if-changed=build.rs\");\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n\
             \x20   std::fs::write(format!(\"{out}/gen.rs\"), \"#[derive(mac::Fails)] pub struct S;\").unwrap();\n}\n",
        ),
        ("dep/src/lib.rs", "pub trait Fails { fn fail<T>(_: T); }\ninclude!(concat!(env!(\"OUT_DIR\"), \"/gen.rs\"));\n"),
        ("mac/Cargo.toml", "[package]\nname = \"mac\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n"),
        (
            "mac/src/lib.rs",
            "use proc_macro::TokenStream;\n#[proc_macro_derive(Fails)]\npub fn fails(_: TokenStream) -> TokenStream {\n\
             \"impl Fails for S { fn fail<T>(_: T) { panic!(\\\"x\\\") } }\".parse().unwrap()\n}\n",
        ),
    ]);
    case.again().as_plain_cargo().missed("dep lib", "location-changed", "OUT_DIR");
}
