//! Sources, modules and included files.

use std::{fs, path::Path};

use crate::support::{
    case::{APP, Case},
    edit, write,
};

const MODULES: [(&str, &str); 4] = [
    ("Cargo.toml", APP),
    ("src/main.rs", "mod a;\nmod b;\nfn main() { println!(\"{}{}\", a::NAME, b::NAME); }\n"),
    ("src/a.rs", "pub const NAME: &str = \"a\";\n"),
    ("src/b.rs", "pub const NAME: &str = \"b\";\n"),
];

#[test]
fn nothing_changed() {
    Case::new(MODULES).again().all_hits().prints("ab");
}

#[test]
fn a_byte_of_a_module() {
    let case = Case::new(MODULES);
    let built = case.changed(|dir| edit(&dir.join("src/a.rs"), "\"a\"", "\"A\""));
    built.missed("app", "source-changed", "`src/a.rs` changed").prints("Ab");
}

#[test]
fn a_module_more_and_less() {
    let case = Case::new(MODULES);
    let more = case.changed(|dir| {
        write(&dir.join("src/c.rs"), "pub const NAME: &str = \"c\";\n");
        edit(&dir.join("src/main.rs"), "mod b;", "mod b;\nmod c;");
        edit(&dir.join("src/main.rs"), "b::NAME", "c::NAME");
    });
    more.missed("app", "source-changed", "`src/main.rs` changed").prints("ac");
    let less = case.changed(|dir| {
        fs::remove_file(dir.join("src/b.rs")).expect("removed");
        edit(&dir.join("src/main.rs"), "mod b;", "mod b { pub const NAME: &str = \"inline\"; }");
    });
    less.missed("app", "source-changed", "`src/").prints("ainline");
    case.again().all_hits();
}

#[test]
fn a_module_file_moves_between_its_two_places() {
    let case = Case::new(MODULES);
    let moved = case.changed(|dir| {
        fs::create_dir(dir.join("src/a")).expect("created");
        fs::rename(dir.join("src/a.rs"), dir.join("src/a/mod.rs")).expect("moved");
    });
    moved.missed("app", "source-changed", "`src/a.rs` is gone").prints("ab");
}

#[test]
fn two_modules_swap_their_contents() {
    let case = Case::new(MODULES);
    let swapped = case.changed(|dir| {
        edit(&dir.join("src/a.rs"), "\"a\"", "\"b\"");
        edit(&dir.join("src/b.rs"), "\"b\"", "\"a\"");
    });
    swapped.missed("app", "source-changed", "`src/a.rs` changed").prints("ba");
}

#[test]
fn a_comment_counts_where_the_project_asks_for_exact_keys() {
    let exact = (".rustc-hyperopt.toml", "[ai]\nsemantic_analysis = false\n");
    let case = Case::new(MODULES.into_iter().chain([exact]));
    let built = case.changed(|dir| edit(&dir.join("src/a.rs"), ";\n", "; // a word\n"));
    built.missed("app", "source-changed", "`src/a.rs` changed").prints("ab");
}

#[test]
fn a_rival_module_file_is_the_error_that_it_is() {
    let case = Case::new(MODULES);
    let rival = |dir: &Path| write(&dir.join("src/a/mod.rs"), "pub const NAME: &str = \"rival\";\n");
    let built = case.changed(rival);
    assert!(built.run.stderr().contains("E0761"), "{}", built.run.stderr());
    built.missed("app", "source-changed", "`src/a/mod.rs` is new");
}

#[test]
fn a_rival_in_a_dependency_outside_the_workspace() {
    let files = [
        ("app/Cargo.toml", &*format!("{APP}[dependencies]\ndep = {{ path = \"../dep\" }}\n")),
        ("app/src/main.rs", "fn main() { println!(\"{}\", dep::a::NAME); }\n"),
        ("dep/Cargo.toml", "[package]\nname = \"dep\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
        ("dep/src/lib.rs", "pub mod a;\n"),
        ("dep/src/a.rs", "pub const NAME: &str = \"a\";\n"),
    ];
    let case = Case::unbuilt(files);
    let app = case.first.join("app");
    case.build(app.clone(), &[], &[]).prints("a");
    fs::remove_dir_all(app.join("target")).expect("removed");
    case.build(app.clone(), &[], &[]).all_hits();
    write(&case.first.join("dep/src/a/mod.rs"), "pub const NAME: &str = \"rival\";\n");
    fs::remove_dir_all(app.join("target")).expect("removed");
    let built = case.build(app, &[], &[]);
    assert!(built.run.stderr().contains("E0761"), "{}", built.run.stderr());
}

#[test]
fn an_edit_that_shows_in_neither_size_nor_time() {
    let case = Case::new(MODULES);
    case.again().all_hits();
    let file = case.first.join("src/a.rs");
    let time = fs::metadata(&file).expect("there").modified().expect("has a time");
    edit(&file, "\"a\"", "\"x\"");
    fs::File::options().write(true).open(&file).expect("opened").set_modified(time).expect("set back");
    fs::remove_dir_all(case.first.join("target")).expect("removed");
    let built = case.build(case.first.clone(), &[], &[]);
    built.missed("app", "source-changed", "`src/a.rs` changed").prints("xb");
}

#[test]
fn times_alone_do_not_count() {
    let case = Case::new(MODULES);
    let built = case.changed(|dir| {
        for name in ["src/main.rs", "src/a.rs", "Cargo.toml"] {
            let file = fs::File::options().write(true).open(dir.join(name)).expect("opened");
            file.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).expect("set");
        }
    });
    built.all_hits().prints("ab");
}

#[test]
fn files_that_no_compile_has_read_do_not_count() {
    let case = Case::new(MODULES);
    let built = case.changed(|dir| {
        write(&dir.join("NOTES.md"), "# app\n");
        write(&dir.join("src/unused.rs"), "this is not compiled");
    });
    built.all_hits().prints("ab");
}

/// Included from the package, from elsewhere in the workspace, and from outside of it.
const INCLUDES: [(&str, &str); 6] = [
    ("w/Cargo.toml", "[workspace]\nmembers = [\"crates/app\"]\nresolver = \"2\"\n"),
    ("w/crates/app/Cargo.toml", APP),
    (
        "w/crates/app/src/main.rs",
        "fn main() {\n    let bytes = include_bytes!(\"../../../shared.bin\");\n    let far = include_str!(\"../../../../outside.txt\");\n\
         \x20   println!(\"{}{}{}\", include_str!(\"own.txt\").trim(), bytes.len(), far.trim());\n}\n",
    ),
    ("w/crates/app/src/own.txt", "own\n"),
    ("w/shared.bin", "1234"),
    ("outside.txt", "far\n"),
];

#[test]
fn included_files() {
    let case = Case::unbuilt(INCLUDES);
    case.build(case.first.join("w"), &[], &[]).prints("own4far");
    case.build(case.copy().join("w"), &[], &[]).all_hits().prints("own4far");
    for (file, text, named, output) in [
        ("w/crates/app/src/own.txt", "new\n", "`crates/app/src/own.txt` changed", "new4far"),
        ("w/shared.bin", "12345", "shared.bin` changed", "own5far"),
        ("outside.txt", "away\n", "outside.txt` changed", "own4away"),
    ] {
        let dir = case.copy();
        write(&dir.join(file), text);
        case.build(dir.join("w"), &[], &[]).missed("app", "source-changed", named).prints(output);
    }
}

#[test]
fn names_that_have_to_be_escaped() {
    let case = Case::new([
        ("Cargo.toml", APP),
        (
            "src/main.rs",
            "#[path = \"a b#c$d.rs\"]\nmod a;\nfn main() { println!(\"{}{}\", a::NAME, include_str!(\"t: \u{fc}.txt\").trim()); }\n",
        ),
        ("src/a b#c$d.rs", "pub const NAME: &str = \"a\";\n"),
        ("src/t: \u{fc}.txt", "b\n"),
    ]);
    case.again().all_hits().prints("ab");
    let module = case.changed(|dir| edit(&dir.join("src/a b#c$d.rs"), "\"a\"", "\"A\""));
    module.missed("app", "source-changed", "a b#c$d.rs` changed").prints("Ab");
    let included = case.changed(|dir| write(&dir.join("src/t: \u{fc}.txt"), "B\n"));
    included.missed("app", "source-changed", "\u{fc}.txt` changed").prints("aB");
    case.sandbox.cargo(&included.dir, &["build"]).assert_no_op();
}
