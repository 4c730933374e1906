//! Small projects that need no registry.

/// A workspace with every crate type: a library with generics and panics, a procedural macro, a build script with
/// generated code, a `cdylib`, a `dylib`, a `staticlib`, a program, an example, a bench, unit and integration tests.
pub const WORKSPACE: [(&str, &str); 19] = [
    (
        "Cargo.toml",
        "[workspace]\nmembers = [\"app\", \"base\", \"mac\", \"gen\", \"native\", \"dynamic\"]\nresolver = \"2\"\n[profile.dev]\ndebug = 2\n",
    ),
    ("base/Cargo.toml", "[package]\nname = \"base\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[features]\nextra = []\n"),
    (
        "base/src/lib.rs",
        "//! Base.\nmod inner;\npub use inner::*;\n/// Generic, so dependents hold its code.\npub fn pick<T: Copy>(v: &[T], i: usize) -> T { v[i] }\n\
         pub fn unused_warning() { let not_used = 1; }\n#[cfg(test)]\nmod tests { #[test] fn works() { assert_eq!(super::pick(&[1, 2], 1), 2); } }\n",
    ),
    ("base/src/inner.rs", "pub fn greeting() -> String { format!(\"hello from {}\", file!()) }\n"),
    ("base/benches/speed.rs", "fn main() {}\n"),
    ("mac/Cargo.toml", "[package]\nname = \"mac\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n"),
    (
        "mac/src/lib.rs",
        "use proc_macro::TokenStream;\n#[proc_macro]\npub fn answer(_: TokenStream) -> TokenStream { \"42u32\".parse().unwrap() }\n",
    ),
    ("gen/Cargo.toml", "[package]\nname = \"gen\"\nversion = \"0.1.0\"\nedition = \"2021\"\nbuild = \"build.rs\"\n"),
    (
        "gen/build.rs",
        "fn main() {\n    let out = std::env::var(\"OUT_DIR\").unwrap();\n    std::fs::write(format!(\"{out}/gen.rs\"), \"pub const GENERATED: u32 = 7;\").unwrap();\n    println!(\"cargo:rerun-if-changed=build.rs\");\n}\n",
    ),
    ("gen/src/lib.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/gen.rs\"));\n"),
    (
        "native/Cargo.toml",
        "[package]\nname = \"native\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\ncrate-type = [\"cdylib\", \"staticlib\", \"rlib\"]\n",
    ),
    (
        "dynamic/Cargo.toml",
        "[package]\nname = \"dynamic\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\ncrate-type = [\"dylib\"]\n",
    ),
    ("dynamic/src/lib.rs", "pub fn shared() -> u32 { 5 }\n"),
    ("native/src/lib.rs", "#[no_mangle]\npub extern \"C\" fn native_add(a: i32, b: i32) -> i32 { a + b }\n"),
    (
        "app/Cargo.toml",
        "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nbase = { path = \"../base\" }\nmac = { path = \"../mac\" }\ngen = { path = \"../gen\" }\n",
    ),
    (
        "app/src/main.rs",
        "fn main() {\n    println!(\"{} {} {}\", base::greeting(), mac::answer!(), gen::GENERATED);\n    println!(\"{}\", include_str!(\"data.txt\").trim());\n    if std::env::args().count() > 1 { base::pick(&[1], 7); }\n}\n",
    ),
    ("app/src/data.txt", "some data\n"),
    ("app/examples/show.rs", "fn main() { println!(\"example {}\", base::pick(&[3], 0)); }\n"),
    ("app/tests/whole.rs", "#[test]\nfn whole() { assert_eq!(gen::GENERATED, 7); }\n"),
];
