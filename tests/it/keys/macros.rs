//! What procedural macros and build scripts read.

use std::path::Path;

use crate::support::{
    case::{APP, Case},
    edit, write,
};

const MAC: (&str, &str) =
    ("mac/Cargo.toml", "[package]\nname = \"mac\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n");

/// A program with a macro; `body` makes the text that the macro expands to.
fn with_macro(body: &str, more: &[(&str, &str)]) -> Case {
    let manifest = format!("{APP}[dependencies]\nmac = {{ path = \"mac\" }}\n");
    let source = format!(
        "use proc_macro::TokenStream;\n#[proc_macro]\npub fn make(_: TokenStream) -> TokenStream {{\n\
         let root = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap();\nlet _ = &root;\nlet text: String = {{ {body} }};\ntext.parse().unwrap()\n}}\n"
    );
    let files = [
        ("Cargo.toml", manifest.as_str()),
        ("src/main.rs", "fn main() { println!(\"{}\", mac::make!()); }\n"),
        MAC,
        ("mac/src/lib.rs", source.as_str()),
    ];
    Case::new(files.into_iter().chain(more.iter().copied()))
}

#[test]
fn a_file_that_a_macro_includes() {
    let body = r#"format!("include_str!({:?}).trim()", format!("{root}/assets/t.txt"))"#;
    let case = with_macro(body, &[("assets/t.txt", "one\n")]);
    case.again().prints("one");
    let built = case.changed(|dir| write(&dir.join("assets/t.txt"), "two\n"));
    built.missed("app", "source-changed", "`assets/t.txt` changed").hit("mac").prints("two");
}

#[test]
fn a_file_that_a_macro_reads_and_does_not_declare() {
    let body = r#"format!("{:?}", std::fs::read_to_string(format!("{root}/assets/t.txt")).unwrap().trim())"#;
    let case = with_macro(body, &[("assets/t.txt", "one\n")]);
    case.again().all_hits().prints("one");
    let built = case.changed(|dir| write(&dir.join("assets/t.txt"), "two\n"));
    built.missed("app", "macro-input-changed", "`assets/t.txt`").hit("mac").prints("two");
}

#[test]
fn a_directory_that_a_macro_lists() {
    let body = r#"format!("{}", std::fs::read_dir(format!("{root}/templates")).unwrap().count())"#;
    let case = with_macro(body, &[("templates/a.html", "a"), ("templates/b.html", "b")]);
    case.again().all_hits().prints("2");
    let more = case.changed(|dir| write(&dir.join("templates/c.html"), "c"));
    more.missed("app", "macro-input-changed", "`templates/c.html`").prints("3");
    let less = case.changed(|dir| std::fs::remove_file(dir.join("templates/a.html")).expect("removed"));
    less.missed("app", "macro-input-changed", "`templates/a.html`").prints("1");
}

#[test]
fn a_variable_that_a_macro_reads_and_does_not_declare() {
    let body = r#"format!("{:?}", std::env::var("DEMO_MODE").unwrap_or_default())"#;
    let case = with_macro(body, &[]);
    case.again().all_hits();
    case.again_with(&[("UNRELATED_MODE", "x")]).all_hits();
    let fast = case.again_with(&[("DEMO_MODE", "fast")]);
    fast.missed("app", "environment-changed", "`DEMO_MODE`").hit("mac").prints("fast");
    case.again_with(&[("DEMO_MODE", "slow")]).missed("app", "environment-changed", "`DEMO_MODE`").prints("slow");
    case.again_with(&[("DEMO_MODE", "fast")]).all_hits().prints("fast");
}

#[test]
fn the_macro_itself() {
    let case = with_macro("\"1\".into()", &[]);
    case.again().all_hits().prints("1");
    let built = case.changed(|dir| edit(&dir.join("mac/src/lib.rs"), "\"1\"", "\"2\""));
    built.missed("mac", "source-changed", "`mac/src/lib.rs`").missed("app", "dependency-changed", "`mac` changed").prints("2");
}

#[test]
fn a_library_behind_a_macro() {
    let case = with_macro(
        "helper::text()",
        &[
            ("helper/Cargo.toml", "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("helper/src/lib.rs", "pub fn text() -> String { \"1\".into() }\n"),
            (MAC.0, &format!("{}[dependencies]\nhelper = {{ path = \"../helper\" }}\n", MAC.1)),
        ],
    );
    case.again().all_hits().prints("1");
    let built = case.changed(|dir| edit(&dir.join("helper/src/lib.rs"), "\"1\"", "\"2\""));
    built
        .missed("mac", "dependency-changed", "`helper` changed")
        .missed("app", "dependency-changed", "`mac` changed")
        .prints("2");
}

const GENERATES: [(&str, &str); 4] = [
    ("Cargo.toml", APP),
    (
        "build.rs",
        "fn main() {\n    println!(\"cargo:rerun-if-changed=data.txt\");\n    let text = std::fs::read_to_string(\"data.txt\").unwrap();\n\
         \x20   let out = std::env::var(\"OUT_DIR\").unwrap();\n\
         \x20   std::fs::write(format!(\"{out}/gen.rs\"), format!(\"pub const DATA: &str = {:?};\", text.trim())).unwrap();\n}\n",
    ),
    ("data.txt", "one\n"),
    ("src/main.rs", "include!(concat!(env!(\"OUT_DIR\"), \"/gen.rs\"));\nfn main() { println!(\"{DATA}\"); }\n"),
];

#[test]
fn an_input_of_a_build_script() {
    let case = Case::new(GENERATES);
    case.again().all_hits().prints("one");
    let built = case.changed(|dir| write(&dir.join("data.txt"), "two\n"));
    built.missed("app bin", "source-changed", "`<OUT_DIR>/gen.rs` changed").hit("build_script_build build-script").prints("two");
    // In place: cargo runs the script again, and what it makes decides.
    let in_place = |text: &str| {
        write(&built.dir.join("data.txt"), text);
        case.build(built.dir.clone(), &[], &[])
    };
    in_place("three\n").missed("app bin", "source-changed", "`<OUT_DIR>/gen.rs` changed").prints("three");
    in_place("one\n").hit("app bin").prints("one");
}

#[test]
fn the_build_script_itself() {
    let case = Case::new(GENERATES);
    let change = |dir: &Path| edit(&dir.join("build.rs"), "text.trim()", "text.trim().to_uppercase()");
    let built = case.changed(change);
    built.missed("build_script_build build-script", "source-changed", "`build.rs` changed").prints("ONE");
}
