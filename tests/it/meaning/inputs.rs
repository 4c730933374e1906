//! Files: which of them are sources, and which are read as text.

use super::{BUILD, CHECK, Case, Fate, case, run_all};

const MODULES_AND_INCLUDED_FILES: &[Case] = &[
    case(
        "comment in a module file",
        &[("a/src/lib.rs", "mod inner;\npub use inner::answer;\n"), ("a/src/inner.rs", "// one\npub fn answer() -> u32 { 1 }\n")],
        &[("a/src/inner.rs", "// one", "// two")],
        Fate::Nothing,
    ),
    case(
        "comment in a module with a path",
        &[
            ("a/src/lib.rs", "#[path = \"odd/name.rs\"]\nmod inner;\npub use inner::answer;\n"),
            ("a/src/odd/name.rs", "// one\npub fn answer() -> u32 { 1 }\n"),
        ],
        &[("a/src/odd/name.rs", "// one", "// two")],
        Fate::Nothing,
    ),
    case(
        "private body in a nested module",
        &[
            ("a/src/lib.rs", "mod x { pub mod inner; }\npub use x::inner::answer;\n"),
            ("a/src/x/inner.rs", "fn s() -> u32 { 1 }\npub fn answer() -> u32 { s() }\n"),
        ],
        &[("a/src/x/inner.rs", "{ 1 }", "{ 2 }")],
        Fate::CutOff,
    ),
    case(
        "include inside a generic implementation",
        &[
            (
                "a/src/lib.rs",
                "pub struct W<T>(pub T);\nimpl<T> W<T> { pub fn n(&self) -> u32 { include!(\"methods.rs\") } }\npub fn answer() -> u32 { W(1).n() }\n",
            ),
            ("a/src/methods.rs", "{ let _ = 0; 1 }\n"),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::W(\"x\").n() }\n"),
        ],
        &[("a/src/methods.rs", "; 1 }", "; 2 }")],
        Fate::Any,
    ),
    case(
        "items included in a module",
        &[("a/src/lib.rs", "include!(\"items.rs\");\n"), ("a/src/items.rs", "// one\npub fn answer() -> u32 { 1 }\n")],
        &[("a/src/items.rs", "// one", "// two")],
        Fate::Any,
    ),
    case(
        "a module that is also included in an inline way",
        &[
            (
                "a/src/lib.rs",
                "mod inner;\npub mod again { include!(\"inner.rs\"); #[inline] pub fn f() -> u32 { answer() } }\npub use inner::answer;\n",
            ),
            ("a/src/inner.rs", "pub fn answer() -> u32 { 1 }\n"),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::again::f() }\n"),
        ],
        &[("a/src/inner.rs", "{ 1 }", "{ 2 }")],
        Fate::Seen,
    ),
    case(
        "a source that is read as text",
        &[
            ("a/src/lib.rs", "mod inner;\npub fn answer() -> &'static str { let _ = inner::x(); include_str!(\"inner.rs\") }\n"),
            ("a/src/inner.rs", "// one\npub fn x() -> u32 { 1 }\n"),
        ],
        &[("a/src/inner.rs", "// one", "// two")],
        Fate::Any,
    ),
    case(
        "a source that is read as text by a computed name",
        &[
            (
                "a/src/lib.rs",
                "mod inner;\npub fn answer() -> &'static str { let _ = inner::x(); include_str!(concat!(\"inn\", \"er.rs\")) }\n",
            ),
            ("a/src/inner.rs", "// one\npub fn x() -> u32 { 1 }\n"),
        ],
        &[("a/src/inner.rs", "// one", "// two")],
        Fate::Any,
    ),
    case(
        "a module declared by a macro",
        &[
            (
                "a/src/lib.rs",
                "macro_rules! m { ($n:ident) => { #[inline(always)] pub fn fast() -> u32 { $n::answer() } mod $n; } }\nm!(inner);\npub fn answer() -> u32 { fast() }\n",
            ),
            ("a/src/inner.rs", "#[inline]\npub fn answer() -> u32 { 1 }\n"),
        ],
        &[("a/src/inner.rs", "{ 1 }", "{ 2 }")],
        Fate::Any,
    ),
    case(
        "one file as two modules",
        &[
            (
                "a/src/lib.rs",
                "#[path = \"inner.rs\"]\nmod one;\n#[path = \"inner.rs\"]\nmod two;\npub fn answer() -> u32 { one::answer() + two::answer() }\n",
            ),
            ("a/src/inner.rs", "pub fn answer() -> u32 { line!() }\n"),
        ],
        &[("a/src/inner.rs", "line!()", "7")],
        Fate::CutOff,
    ),
    case(
        "text that is documentation",
        &[("a/src/lib.rs", "#![doc = include_str!(\"../README.md\")]\npub fn answer() -> u32 { 1 }\n"), ("a/README.md", "one\n")],
        &[("a/README.md", "one", "two")],
        Fate::Any,
    ),
    case(
        "unreadable as Rust",
        &[("a/src/lib.rs", "macro_rules! m { ($($t:tt)*) => { pub fn answer() -> u32 { 1 } } }\nm! { // one\n }\n")],
        &[("a/src/lib.rs", "// one", "// two")],
        Fate::Any,
    ),
];

#[test]
fn modules_and_included_files() {
    run_all(MODULES_AND_INCLUDED_FILES);
}

const WHAT_ELSE_A_COMPILE_READS: &[Case] = &[
    case(
        "a build script that reads sources",
        &[
            (
                "a/build.rs",
                "fn main() { let t = std::fs::read_to_string(\"src/lib.rs\").unwrap(); println!(\"cargo:rerun-if-changed=src/lib.rs\"); println!(\"cargo:rustc-env=FIRST={}\", t.lines().next().unwrap()); }\n",
            ),
            ("a/src/lib.rs", "// one\npub fn answer() -> &'static str { env!(\"FIRST\") }\n"),
        ],
        &[("a/src/lib.rs", "// one", "// two")],
        Fate::Any,
    ),
    case(
        "comment in a build script",
        &[
            ("a/build.rs", "// one\nfn main() { println!(\"cargo:rustc-env=X=1\"); }\n"),
            ("a/src/lib.rs", "pub fn answer() -> &'static str { env!(\"X\") }\n"),
        ],
        &[("a/build.rs", "// one", "// two")],
        Fate::Nothing,
    ),
    case(
        "first use of a dependency",
        &[
            ("Cargo.toml", "[workspace]\nmembers = [\"a\", \"b\", \"app\", \"d\"]\nresolver = \"2\"\n"),
            ("d/Cargo.toml", "[package]\nname = \"d\"\nversion = \"0.1.0\"\nedition = \"2021\"\n"),
            ("d/src/lib.rs", "pub fn dd() -> u32 { 9 }\n"),
            (
                "a/Cargo.toml",
                "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nd = { path = \"../d\" }\n",
            ),
            ("a/src/lib.rs", "fn s() -> u32 { 1 }\npub fn answer() -> u32 { s() }\n"),
        ],
        &[("a/src/lib.rs", "{ 1 }", "{ d::dd() }")],
        Fate::Seen,
    ),
    case(
        "two crates at once",
        &[("a/src/lib.rs", "fn s() -> u32 { 1 }\npub fn answer() -> u32 { s() }\n")],
        &[("a/src/lib.rs", "{ 1 }", "{ 2 }"), ("b/src/lib.rs", "b {}", "bb {}")],
        Fate::Any,
    ),
];

#[test]
fn what_else_a_compile_reads() {
    run_all(WHAT_ELSE_A_COMPILE_READS);
}

const MESSAGES_THAT_NAME_OLD_METADATA: &[Case] = &[
    Case {
        name: "an error in a dependent that points into a crate with old metadata",
        files: &[("a/src/lib.rs", "// one\nfn s() -> u32 { 1 }\npub fn answer() -> u32 { s() }\n")],
        edits: &[
            ("a/src/lib.rs", "// one", "// two and more"),
            ("a/src/lib.rs", "{ 1 }", "{ 2 }"),
            ("b/src/lib.rs", "a::answer()", "a::answer(1)"),
        ],
        args: BUILD,
        fate: Fate::Any,
    },
    Case {
        name: "the same in check, and lines have moved",
        files: &[("a/src/lib.rs", "// one\nfn s() -> u32 { 1 }\npub fn answer() -> u32 { s() }\n")],
        edits: &[("a/src/lib.rs", "// one", "// two\n// and more"), ("b/src/lib.rs", "a::answer()", "a::answer(1)")],
        args: CHECK,
        fate: Fate::Any,
    },
    Case {
        name: "a warning in a dependent that points into a crate with old metadata",
        files: &[("a/src/lib.rs", "fn s() -> u32 { 1 }\n#[deprecated]\npub fn answer() -> u32 { s() }\n")],
        edits: &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        args: BUILD,
        fate: Fate::Any,
    },
];

#[test]
fn messages_that_name_old_metadata() {
    run_all(MESSAGES_THAT_NAME_OLD_METADATA);
}
