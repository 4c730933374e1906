//! Level P: comments and unread documentation may change as long as no token moves.

use super::*;

const UNSEEN: Rules = Rules { docs_seen: false, ..BUILD };
const CHECK: Rules = Rules { metadata_only: true, ..BUILD };

#[test]
fn what_nobody_reads() {
    let same = [
        ("fn f() {} // a", "fn f() {} // other words"),
        ("fn f() {} // a", "fn f() {}"),
        ("fn f() {}", "fn f() {}\n\n// at the end\n"),
        ("// one\n// two\nfn f() {}", "//\n\nfn f() {}"),
        ("fn f(/* a */) {}", "fn f(/* b */) {}"),
        ("fn f(/* a */) {}", "fn f(       ) {}"),
        ("fn f() {\n    // a\n    g();\n}", "fn f() {\n    /* ü */\n    g();\n}"),
        ("/// a\nfn f() {}", "/// other words\nfn f() {}"),
        ("//! a\n\nfn f() {}", "//! other words\n\nfn f() {}"),
        ("/** a */\nfn f() {}", "/** other */\nfn f() {}"),
        ("/** a\n b */\nfn f() {}", "/** other\n c */\nfn f() {}"),
        ("#[doc = \"ab\"]\nfn f() {}", "#[doc = \"cd\"]\nfn f() {}"),
        ("struct S {\n    /// a\n    f: u8,\n}", "struct S {\n    /// b c\n    f: u8,\n}"),
        ("enum E {\n    /// a\n    A,\n}", "enum E {\n    /// b c\n    A,\n}"),
        ("trait T {\n    /// a\n    fn f();\n}", "trait T {\n    /// b c\n    fn f();\n}"),
        ("impl T {\n    /// a\n    fn f() {}\n}", "impl T {\n    /// b c\n    fn f() {}\n}"),
        ("/// a\n#[derive(Debug, Clone)]\nstruct S;", "/// b c\n#[derive(Debug, Clone)]\nstruct S;"),
        ("/// a\n#[derive(std::fmt::Debug)]\nstruct S;", "/// b c\n#[derive(std::fmt::Debug)]\nstruct S;"),
        ("fn f() {\n    /// a\n    struct S;\n}", "fn f() {\n    /// b c\n    struct S;\n}"),
        ("/// a\nmacro_rules! m { () => {} }", "/// b c\nmacro_rules! m { () => {} }"),
        ("fn f() { g(\"a\"); } // x", "fn f() { g(\"a\"); }"),
        ("const A: &str = \"// no\"; // a", "const A: &str = \"// no\"; // b"),
    ];
    check("the meaning", &same, true, |text| of(text).meaning);
}

#[test]
fn what_counts() {
    let differs = [
        // Positions.
        ("fn f() {}", "\nfn f() {}"),
        ("fn f() {}", " fn f() {}"),
        ("fn f() { g() }", "fn f() {  g() }"),
        ("fn f() {} // ü", "fn f() {}// ü\nfn g() {}"),
        ("fn f(/* ü */) {}", "fn f(/* uu */) {}"),
        ("fn f(/* é */a: u8) {}", "fn f(/* e */a: u8) {}"),
        // Tokens.
        ("fn f() { 1 }", "fn f() { 2 }"),
        ("fn f() { 10 }", "fn f() { 1_ }"),
        ("fn f() -> &'static str { \"a // b\" }", "fn f() -> &'static str { \"a // c\" }"),
        ("fn f() { g() }", "fn f() { h() }"),
        ("fn f() { a + b }", "fn f() { a - b }"),
        ("fn r() {}", "fn R() {}"),
        ("const A: &str = r\"a\\n\";", "const A: &str =  \"a\\n\";"),
        // Documentation: that there is some, its kind, and its extent.
        ("/// a\nfn f() {}", "// a\nfn f() {}"),
        ("fn f() {} /// a\nfn g() {}", "fn f() {} //  a\nfn g() {}"),
        ("/// a\nfn f() {}", "/// a\n/// b\nfn f() {}"),
        ("/// a\n\nfn f() {}", "/// a\n/// b\nfn f() {}"),
        ("/// a\nfn f() {}", "/** a */\nfn f() {}"),
        ("//! a\nfn f() {}", "/// a\nfn f() {}"),
        ("#[doc = \"a\"]\nfn f() {}", "#[doc = \"ab\"]\nfn f() {}"),
        ("#[doc(hidden)]\nfn f() {}", "#[doc(inline)]\nfn f() {}"),
        ("#[doc(alias = \"a\")]\nfn f() {}", "#[doc(alias = \"b\")]\nfn f() {}"),
        ("#[doc = include_str!(\"a\")]\nfn f() {}", "#[doc = include_str!(\"b\")]\nfn f() {}"),
        ("#[cfg_attr(a, doc = \"a\")]\nfn f() {}", "#[cfg_attr(a, doc = \"b\")]\nfn f() {}"),
        ("#[doc = concat!(\"a\")]\nfn f() {}", "#[doc = concat!(\"b\")]\nfn f() {}"),
        ("#[doc = \"a\"]\nfn f() {}", "#[cfg = \"a\"]\nfn f() {}"),
        // Documentation that macros get.
        ("m! {\n    /// a\n    fn f() {}\n}", "m! {\n    /// b\n    fn f() {}\n}"),
        ("fn f() { println!(\"{}\", {\n/// a\nfn g() {}\n1 }) }", "fn f() { println!(\"{}\", {\n/// b\nfn g() {}\n1 }) }"),
        ("macro_rules! m { () => {\n/// a\nfn f() {}\n} }", "macro_rules! m { () => {\n/// b\nfn f() {}\n} }"),
        ("/// a\n#[derive(Parser)]\nstruct S;", "/// b\n#[derive(Parser)]\nstruct S;"),
        ("#[derive(Parser)]\nstruct S {\n/// a\nf: u8 }", "#[derive(Parser)]\nstruct S {\n/// b\nf: u8 }"),
        ("#[derive(serde::Debug)]\n/// a\nstruct S;", "#[derive(serde::Debug)]\n/// b\nstruct S;"),
        ("#[cfg_attr(a, derive(Parser))]\n/// a\nstruct S;", "#[cfg_attr(a, derive(Parser))]\n/// b\nstruct S;"),
        ("#[wrap]\nmod m {\n/// a\nfn f() {}\n}", "#[wrap]\nmod m {\n/// b\nfn f() {}\n}"),
        ("#[wrap]\nimpl S {\n/// a\nfn f() {}\n}", "#[wrap]\nimpl S {\n/// b\nfn f() {}\n}"),
        ("impl S {\n#[wrap]\n/// a\nfn f() {}\n}", "impl S {\n#[wrap]\n/// b\nfn f() {}\n}"),
        ("trait S {\n#[wrap]\n/// a\nfn f();\n}", "trait S {\n#[wrap]\n/// b\nfn f();\n}"),
        ("extern \"C\" {\n#[wrap]\n/// a\nfn f();\n}", "extern \"C\" {\n#[wrap]\n/// b\nfn f();\n}"),
        ("#[wrap]\nfn f() { struct S {\n/// a\na: u8 } }", "#[wrap]\nfn f() { struct S {\n/// b\na: u8 } }"),
    ];
    check("the meaning", &differs, false, |text| of(text).meaning);
}

#[test]
fn documentation_under_macros_that_do_not_look() {
    let cases = [
        ("/// a\n#[derive(Serialize)]\nstruct S;", "/// b\n#[derive(Serialize)]\nstruct S;"),
        ("#[wrap]\nimpl S {\n/// a\nfn f() {}\n}", "#[wrap]\nimpl S {\n/// b\nfn f() {}\n}"),
    ];
    check("the meaning", &cases, true, |text| with(text, UNSEEN).meaning);
    check("the meaning", &cases, false, |text| with(text, BUILD).meaning);
    let in_call = [("m! {\n/// a\nfn f() {}\n}", "m! {\n/// b\nfn f() {}\n}")];
    check("the meaning", &in_call, false, |text| with(text, UNSEEN).meaning);
    let untrusted = Rules { trust_derives: false, ..BUILD };
    let debug = [("/// a\n#[derive(Debug)]\nstruct S;", "/// b\n#[derive(Debug)]\nstruct S;")];
    check("the meaning", &debug, false, |text| with(text, untrusted).meaning);
}

#[test]
fn metadata_alone_keeps_documentation() {
    let cases = [("/// a\nfn f() {}", "/// b\nfn f() {}"), ("#[doc = \"a\"]\nfn f() {}", "#[doc = \"b\"]\nfn f() {}")];
    check("the meaning", &cases, false, |text| with(text, CHECK).meaning);
    check("the meaning", &[("fn f() {} // a", "fn f() {} // b")], true, |text| with(text, CHECK).meaning);
}

#[test]
fn line_ends() {
    assert_ne!(of("fn f() {}\n").meaning, of("fn f() {}\r\n").meaning, "that there are others counts");
    let same = [("fn f() {} // a\r\nfn g() {}", "fn f() {} // b\r\nfn g() {}")];
    check("the meaning", &same, true, |text| of(text).meaning);
    let differs = [("const A: &str = \"a\r\nb\";", "const A: &str = \"a\r\n b\";")];
    check("the meaning", &differs, false, |text| of(text).meaning);
}

#[test]
fn what_is_unclear() {
    for text in [
        "fn f( {}",
        "\u{feff}fn f() {}",
        "#!/bin/x\nfn f() {}",
        "fn f() {} // \u{202E}",
        "fn f() {} // a\rb",
        "const A: X = cr\"a\";",
        "fn f() {}\u{a0}\n",
        "fn f() {\u{3000}} // x",
        "fn f() { /* }",
        "let x = 1;",
    ] {
        assert!(facts::of(text, BUILD).is_err(), "{text}");
    }
    for text in ["#![feature(x)]", "fn f() { \"\u{a0}\" } // \u{a0}\n/* \u{3000} /* */ \u{a0} */ /// \u{a0}\nfn g() {}"] {
        assert!(facts::of(text, BUILD).is_ok(), "{text}");
    }
}

#[test]
fn deep_and_long_texts_end_no_thread() {
    let nested = |n: usize| format!("const A: u8 = {}1{};", "(".repeat(n), ")".repeat(n));
    let sum = |n: usize| format!("const A: u8 = {}1;", "1 + ".repeat(n));
    let chain = |n: usize| format!("fn f() {{ x{} }}", ".g()".repeat(n));
    let unary = |n: usize| format!("const A: bool = {}a;", "!".repeat(n));
    for text in [nested(20), nested(900), sum(9_000), chain(4_000), unary(15_000)] {
        assert!(facts::of(&text, BUILD).is_ok(), "{}", &text[..40]);
    }
    for text in [nested(100_000), sum(1_000_000), unary(100_000)] {
        assert!(facts::of(&text, BUILD).is_err(), "{}", &text[..40]);
    }
}
