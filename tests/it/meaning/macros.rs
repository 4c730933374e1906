//! Macros: what they define, what they see, what they are called like.

use super::{Case, Fate, case, run_all};

const MACRO_MANIFEST: &str = "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\nproc-macro = true\n";
const WITH_MACRO: &str = "[workspace]\nmembers = [\"a\", \"b\", \"app\", \"m\"]\nresolver = \"2\"\n";
const A_WITH_MACRO: &str =
    "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\nm = { path = \"../m\" }\n";

const DECLARATIVE_MACROS: &[Case] = &[
    case(
        "macro that defines functions",
        &[(
            "a/src/lib.rs",
            "macro_rules! def { ($n:ident $v:expr) => { #[inline] pub fn $n() -> u32 { $v } } }\ndef!(answer 1);\n",
        )],
        &[("a/src/lib.rs", "answer 1", "answer 2")],
        Fate::Seen,
    ),
    case(
        "exported macro",
        &[
            ("a/src/lib.rs", "#[macro_export]\nmacro_rules! one { () => { 1u32 } }\npub fn answer() -> u32 { one!() }\n"),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::one!() }\n"),
        ],
        &[("a/src/lib.rs", "1u32", "2u32")],
        Fate::Seen,
    ),
    case(
        "private macro used in generic code",
        &[
            (
                "a/src/lib.rs",
                "macro_rules! one { () => { 1u32 } }\npub fn g<T>(_: T) -> u32 { one!() }\npub fn answer() -> u32 { g(1) }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::g(\"x\") }\n"),
        ],
        &[("a/src/lib.rs", "1u32", "2u32")],
        Fate::Seen,
    ),
    case(
        "a macro named as one of std's that implements a trait in a body",
        &[
            (
                "a/src/lib.rs",
                "macro_rules! println { ($e:expr) => { impl crate::V { pub fn v() -> u32 { $e } } } }\npub struct V;\nfn secret() { println!(1); }\npub fn answer() -> u32 { secret(); V::v() }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::V::v() }\n"),
        ],
        &[("a/src/lib.rs", "println!(1)", "println!(2)")],
        Fate::Any,
    ),
    case(
        "a macro in a body that implements an inline method",
        &[
            (
                "a/src/lib.rs",
                "macro_rules! imp { ($e:expr) => { impl crate::V { #[inline] pub fn v() -> u32 { $e } } } }\npub struct V;\nfn secret() { imp!(1); }\npub fn answer() -> u32 { secret(); V::v() }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::V::v() }\n"),
        ],
        &[("a/src/lib.rs", "imp!(1)", "imp!(2)")],
        Fate::Seen,
    ),
    case(
        "stringify sees spaces",
        &[("a/src/lib.rs", "#[inline]\npub fn answer() -> &'static str { stringify!(a+b  ) }\n")],
        &[("a/src/lib.rs", "a+b  ", "a + b")],
        Fate::Seen,
    ),
    case(
        "a macro captures documentation",
        &[(
            "a/src/lib.rs",
            "macro_rules! d { ($(#[doc = $d:expr])* $n:ident) => { #[inline] pub fn $n() -> &'static str { concat!($($d),*) } } }\nd!(\n    /// one\n    answer);\n",
        )],
        &[("a/src/lib.rs", "/// one", "/// two")],
        Fate::Seen,
    ),
    case(
        "comment inside a macro call",
        &[("a/src/lib.rs", "pub fn answer() -> String { format!(\"{}\", /* one */ 1) }\n")],
        &[("a/src/lib.rs", "/* one */", "/* two */")],
        Fate::Nothing,
    ),
    case(
        "dbg and assert tell the text of an expression",
        &[
            (
                "a/src/lib.rs",
                "pub fn answer() -> u32 { let x = 1; assert!(x==2, \"x\"); x }\npub fn other() { assert!(1+1==3) }\n",
            ),
            ("app/src/main.rs", "fn main() { a::other() }\n"),
        ],
        &[("a/src/lib.rs", "1+1==3", "1 + 1 == 3")],
        Fate::Any,
    ),
];

#[test]
fn declarative_macros() {
    run_all(DECLARATIVE_MACROS);
}

const PROCEDURAL_MACROS: &[Case] = &[
    case(
        "a derive that reads documentation",
        &[
            ("Cargo.toml", WITH_MACRO),
            ("a/Cargo.toml", A_WITH_MACRO),
            ("m/Cargo.toml", MACRO_MANIFEST),
            (
                "m/src/lib.rs",
                "use proc_macro::TokenStream;\n#[proc_macro_derive(Doc)]\npub fn doc(input: TokenStream) -> TokenStream {\n    let text = input.to_string();\n    format!(\"impl S {{ pub fn doc() -> &'static str {{ {text:?} }} }}\").parse().unwrap()\n}\n",
            ),
            ("a/src/lib.rs", "/// one\n#[derive(m::Doc)]\npub struct S;\npub fn answer() -> &'static str { S::doc() }\n"),
        ],
        &[("a/src/lib.rs", "/// one", "/// two")],
        Fate::Any,
    ),
    case(
        "a macro that reads its own source text",
        &[
            ("Cargo.toml", WITH_MACRO),
            ("a/Cargo.toml", A_WITH_MACRO),
            ("m/Cargo.toml", MACRO_MANIFEST),
            (
                "m/src/lib.rs",
                "use proc_macro::{TokenStream, TokenTree, Literal};\n#[proc_macro]\npub fn text(input: TokenStream) -> TokenStream {\n    let first = input.into_iter().next().unwrap();\n    let text = first.span().source_text().unwrap();\n    TokenStream::from(TokenTree::Literal(Literal::string(&text)))\n}\n",
            ),
            ("a/src/lib.rs", "pub fn answer() -> &'static str { m::text!((1 /* one */ + 1)) }\n"),
        ],
        &[("a/src/lib.rs", "/* one */", "/* two */")],
        Fate::Any,
    ),
    case(
        "a macro that reads a source file",
        &[
            ("Cargo.toml", WITH_MACRO),
            ("a/Cargo.toml", A_WITH_MACRO),
            ("m/Cargo.toml", MACRO_MANIFEST),
            (
                "m/src/lib.rs",
                "use proc_macro::{TokenStream, TokenTree, Literal};\n#[proc_macro]\npub fn text(_: TokenStream) -> TokenStream {\n    let dir = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap();\n    let text = std::fs::read_to_string(format!(\"{dir}/src/lib.rs\")).unwrap();\n    TokenStream::from(TokenTree::Literal(Literal::string(text.lines().next().unwrap())))\n}\n",
            ),
            ("a/src/lib.rs", "// one\npub fn answer() -> &'static str { m::text!() }\n"),
        ],
        &[("a/src/lib.rs", "// one", "// two")],
        Fate::Any,
    ),
    case(
        "an attribute macro on a module",
        &[
            ("Cargo.toml", WITH_MACRO),
            ("a/Cargo.toml", A_WITH_MACRO),
            ("m/Cargo.toml", MACRO_MANIFEST),
            (
                "m/src/lib.rs",
                "use proc_macro::TokenStream;\n#[proc_macro_attribute]\npub fn inlined(_: TokenStream, item: TokenStream) -> TokenStream {\n    let text = item.to_string();\n    text.replacen(\"pub fn\", \"#[inline(always)] pub fn\", 1).parse().unwrap()\n}\n",
            ),
            ("a/src/lib.rs", "#[m::inlined]\npub mod inner { pub fn answer() -> u32 { 1 } }\npub use inner::answer;\n"),
        ],
        &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        Fate::Seen,
    ),
];

#[test]
fn procedural_macros() {
    run_all(PROCEDURAL_MACROS);
}
