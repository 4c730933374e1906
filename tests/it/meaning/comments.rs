//! Comments, documentation and layout.

use super::{BUILD, CHECK, Case, Fate, RELEASE, run_all};

const LIB: &str = "//! A crate.\n\n/// Answers.\npub fn answer() -> u32 { // why\n    let unused = 1; /* one */\n    41 + 1\n}\n\n#[inline]\npub fn line() -> u32 {\n    line!()\n}\n";

const WHAT_NOBODY_COMPILES: &[Case] = &[
    Case {
        name: "comment text",
        files: &[("a/src/lib.rs", LIB)],
        edits: &[("a/src/lib.rs", "// why", "// because it is longer now")],
        args: BUILD,
        fate: Fate::Nothing,
    },
    Case {
        name: "comment text in a release build",
        files: &[("a/src/lib.rs", LIB)],
        edits: &[("a/src/lib.rs", "// why", "// because")],
        args: RELEASE,
        fate: Fate::Nothing,
    },
    Case {
        name: "comment removed",
        files: &[("a/src/lib.rs", LIB)],
        edits: &[("a/src/lib.rs", " // why", "")],
        args: BUILD,
        fate: Fate::Nothing,
    },
    Case {
        name: "comment added in an empty line",
        files: &[("a/src/lib.rs", LIB)],
        edits: &[("a/src/lib.rs", "}\n\n#[inline]", "}\n// new\n#[inline]")],
        args: BUILD,
        fate: Fate::Nothing,
    },
    Case {
        name: "documentation",
        files: &[("a/src/lib.rs", LIB)],
        edits: &[
            ("a/src/lib.rs", "/// Answers.", "/// Answers everything, at length."),
            ("a/src/lib.rs", "//! A crate.", "//! The crate."),
        ],
        args: BUILD,
        fate: Fate::Nothing,
    },
    Case {
        name: "comment line added at the end",
        files: &[("a/src/lib.rs", LIB)],
        edits: &[("a/src/lib.rs", "    line!()\n}\n", "    line!()\n}\n// the end\n")],
        args: BUILD,
        fate: Fate::Nothing,
    },
    Case {
        name: "comment in a test module and in main",
        files: &[("a/src/lib.rs", LIB), ("app/src/main.rs", "// main\nfn main() { println!(\"{}\", a::line()); }\n")],
        edits: &[("app/src/main.rs", "// main", "// the one and only main")],
        args: BUILD,
        fate: Fate::Nothing,
    },
];

#[test]
fn what_nobody_compiles() {
    run_all(WHAT_NOBODY_COMPILES);
}

const WHAT_MOVES_SOMETHING: &[Case] = &[
    Case {
        name: "a comment before a token of the same line moves its column",
        files: &[("a/src/lib.rs", "#[inline]\npub fn answer() -> u32 { /* x */ column!() }\n")],
        edits: &[("a/src/lib.rs", "/* x */", "/* xyz */")],
        args: BUILD,
        fate: Fate::Seen,
    },
    Case {
        name: "bytes of a comment before a panic move the column in bytes alone",
        files: &[
            (
                "a/src/lib.rs",
                "pub fn answer() -> u32 { 1 }\n#[inline]\npub fn bad(x: u32) -> u32 { /* ee */ assert!(x > 5); x }\n",
            ),
            ("app/src/main.rs", "fn main() { a::bad(1); }\n"),
        ],
        edits: &[("a/src/lib.rs", "/* ee */", "/* é  */")],
        args: BUILD,
        fate: Fate::Any,
    },
    Case {
        name: "a line added above generic code that panics",
        files: &[
            (
                "a/src/lib.rs",
                "// one\npub fn answer() -> u32 { 1 }\npub fn bad<T: Into<u32>>(x: T) -> u32 { let y: u32 = x.into(); assert!(y > 5); y }\n",
            ),
            ("app/src/main.rs", "fn main() { a::bad(1u8); }\n"),
        ],
        edits: &[("a/src/lib.rs", "// one", "// one\n// two")],
        args: BUILD,
        fate: Fate::Seen,
    },
    Case {
        name: "a comment becomes documentation",
        files: &[("a/src/lib.rs", "#![deny(missing_docs)]\n//! Crate.\n/// Is there.\npub fn answer() -> u32 { 1 }\n")],
        edits: &[("a/src/lib.rs", "/// Is there.", "// Is there.")],
        args: BUILD,
        fate: Fate::Any,
    },
    Case {
        name: "a slash more ends documentation",
        files: &[("a/src/lib.rs", "#![warn(missing_docs)]\n//! Crate.\n/// Is there.\npub fn answer() -> u32 { 1 }\n")],
        edits: &[("a/src/lib.rs", "/// Is there.", "//// Is there.")],
        args: BUILD,
        fate: Fate::Any,
    },
    Case {
        name: "a comment that swallows code",
        files: &[("a/src/lib.rs", "pub fn answer() -> u32 { let mut x = 1; // a\n    x += 1; // b\n    x }\n")],
        edits: &[("a/src/lib.rs", "// a\n    x += 1; // b", "/* a\n    x += 1; */")],
        args: BUILD,
        fate: Fate::Any,
    },
    Case {
        name: "a string is no comment",
        files: &[("a/src/lib.rs", "pub fn answer() -> &'static str { \"/* a */ // b\" }\n")],
        edits: &[("a/src/lib.rs", "/* a */", "/* c */")],
        args: BUILD,
        fate: Fate::Any,
    },
    Case {
        name: "a raw string with a line comment inside",
        files: &[("a/src/lib.rs", "#[inline]\npub fn answer() -> &'static str { r#\"x // \"a\" \"# }\n")],
        edits: &[("a/src/lib.rs", "// \"a\"", "// \"b\"")],
        args: BUILD,
        fate: Fate::Seen,
    },
    Case {
        name: "a bidirectional control character in a comment",
        files: &[("a/src/lib.rs", "// plain\npub fn answer() -> u32 { 1 }\n")],
        edits: &[("a/src/lib.rs", "// plain", "// \u{202e}nialp")],
        args: BUILD,
        fate: Fate::Any,
    },
];

#[test]
fn what_moves_something() {
    run_all(WHAT_MOVES_SOMETHING);
}

const WARNINGS_ARE_TOLD_WHERE_THEY_ARE_NOW: &[Case] = &[
    Case {
        name: "check after an added comment line",
        files: &[("a/src/lib.rs", LIB)],
        edits: &[("a/src/lib.rs", "/// Answers.", "// A line.\n/// Answers.")],
        args: CHECK,
        fate: Fate::Any,
    },
    Case {
        name: "check after an added comment line without a position that counts",
        files: &[("a/src/lib.rs", "pub fn answer() -> u32 {\n    let unused = 1;\n    42\n}\n")],
        edits: &[("a/src/lib.rs", "pub fn", "// A line.\n\n// Another.\npub fn")],
        args: CHECK,
        fate: Fate::Nothing,
    },
    Case {
        name: "check after a comment on the line of the warning",
        files: &[("a/src/lib.rs", "pub fn answer() -> u32 {\n    let unused = 1; // x\n    42\n}\n")],
        edits: &[("a/src/lib.rs", "// x", "// y")],
        args: CHECK,
        fate: Fate::Any,
    },
    Case {
        name: "build with a warning and a longer comment before it",
        files: &[("a/src/lib.rs", "// c\npub fn answer() -> u32 {\n    let unused = 1;\n    42\n}\n")],
        edits: &[("a/src/lib.rs", "// c", "// a much longer comment, with ü")],
        args: BUILD,
        fate: Fate::Nothing,
    },
];

#[test]
fn warnings_are_told_where_they_are_now() {
    run_all(WARNINGS_ARE_TOLD_WHERE_THEY_ARE_NOW);
}
