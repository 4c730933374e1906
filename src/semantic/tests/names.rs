//! What a file tells of itself for its crate's sake.

use super::*;

fn traits(text: &str) -> facts::Traits {
    match facts::of(text, BUILD) {
        Ok(facts) => facts.traits,
        Err(unclear) => *unclear.traits,
    }
}

#[test]
fn files_in_strings() {
    for (text, expected) in [
        ("const A: &str = include_str!(\"../src/lib.rs\");", vec!["lib.rs"]),
        ("const A: &str = \"a/b.txt\";", vec!["b.txt"]),
        ("const A: &str = r#\"a/b.txt\"#;", vec!["b.txt"]),
        ("fn f() { m!(\"x.rs\", b\"y.rs\", 'z') }", vec!["x.rs"]),
        ("#[template(path = \"x.html\")] struct S;", vec!["x.html"]),
        ("include!(\"parts\");", vec!["parts"]),
        ("#[path = \"x.rs\"] mod a;", vec![]),
        ("m! { #[path = \"x.rs\"] mod a; }", vec!["x.rs"]),
        ("const A: &str = \"words. And more\";", vec![]),
        ("include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));", vec!["x.rs"]),
        ("include!(concat!(env!(\"OUT_DIR\"), \"/x\", \".rs\"));", vec![".rs", "x.rs"]),
    ] {
        assert_eq!(traits(text).named_files, expected, "{text}");
        assert!(!traits(text).computed_include, "{text}");
    }
    assert_eq!(traits("include!(\"a.rs\"); const A: &[u8] = include_bytes!(\"b.rs\");").code_files, ["a.rs"]);
}

#[test]
fn files_that_could_be_any() {
    for text in [
        "include!(env!(\"FILE\"));",
        "include!(concat!(env!(\"OUT_DIR\"), \"x.rs\"));",
        "include!(concat!(\"/x.rs\", env!(\"FILE\")));",
        "macro_rules! m { ($x:literal) => { include_str!($x) } }",
        "fn f() { std::include_bytes!(concat!(stringify!(a), \".rs\")) }",
        "fn f() { m!(include_str!(FILE)) }",
        "include!(m!());",
        "include!(\"a/\");",
    ] {
        assert!(traits(text).computed_include, "{text}");
    }
}

#[test]
fn macros_that_are_not_built_in() {
    for (text, expected) in [
        ("#[derive(Debug, Serialize, a::B)] struct S;", vec!["B", "Serialize"]),
        ("#[tokio::main] fn f() { a::b!(); }", vec!["b", "main"]),
        ("fn f() { vec![c!()]; std::println!(); return !(x); if !(y) {} }", vec!["c"]),
        (
            "macro_rules! m { ($(#[$a:meta])* $x:ident) => { $(#[$a])* #[derive(D)] d!(); $x!(); $crate::e!() } }",
            vec!["D", "d", "e", "x"],
        ),
        ("#[allow(x)] #[rustfmt::skip] #[cfg_attr(a, test, serde(x))] fn f() {}", vec!["serde"]),
        ("fn f() { r#try!(a); a != (b); !(c) }", vec![]),
        ("fn f() { mine::vec![1]; await!(x); self::assert!(y); }", vec!["assert", "await", "vec"]),
    ] {
        assert_eq!(traits(text).unknown_macros, expected, "{text}");
    }
}

#[test]
fn whole_crates() {
    assert!(traits("extern \"C-unwind\" fn f() {}").unwinds && !traits("extern \"C\" fn f() {}").unwinds);
    assert!(traits("type F = extern r\"system-unwind\" fn();").unwinds);
    assert!(traits("#![feature(x)]").features);
    assert_eq!(traits("macro_rules! a { () => {} } mod x { macro_rules! b { () => {} } }").defined_macros, ["a", "b"]);
    // What does not parse is still looked at.
    assert!(traits("let x = 1; macro_rules! vec { () => {} }").shadows_macros);
    assert!(!traits("[1, 2]").shadows_macros && !traits("[1, 2]").computed_include);
    assert!(traits("\u{feff}include!(env!(\"A\"));").computed_include);
    assert!(!traits("\u{feff}fn f() {}").computed_include && !traits("#!/bin/x\nfn f() {}").features);
    assert!(traits("\"").computed_include && traits("\"").features);
}

#[test]
fn facts_can_be_stored() {
    let facts = of("mod a { #[path = \"x.rs\"] mod b; } fn f() { println!(\"y.rs\"); } macro_rules! m { () => {} }");
    let bytes = postcard::to_stdvec(&facts).expect("bytes");
    assert_eq!(postcard::from_bytes::<Facts>(&bytes).expect("facts"), facts);
}

#[test]
fn test_modules_tell_nothing_of_builds_without_tests() {
    let gone = "fn f() { a!() } #[allow(unused)] #[cfg(test)] pub(crate) mod tests { use pretty_assertions::assert_eq; #[derive(D)] struct S; \
                fn f() { b!(line!(), include!(env!(\"X\")), \"x.rs\", \"C-unwind\") } } fn g() { c!(); }";
    let facts = of(gone);
    assert_eq!(facts.traits, of("fn f() { a!(); c!(); }").traits);
    assert!(facts.tokens.is_some());
    let tests = with(gone, Rules { test: true, ..BUILD });
    let traits = tests.traits;
    assert!(traits.shadows_macros && traits.computed_include && traits.unwinds && tests.tokens.is_none());
    for text in [
        "#[wrap] #[cfg(test)] mod tests { use x::*; }",
        "#![wrap] #[cfg(test)] mod tests { use x::*; }",
        "#[cfg(test)] fn f() {} mod tests { use x::*; }",
        "#[cfg(not(test))] mod tests { use x::*; }",
        "m! { #[cfg(test)] mod tests { use x::*; } }",
        "#[cfg(test)] mod tests; mod other { use x::*; }",
        "#[cfg(test)] mod tests { } use x::*;",
    ] {
        assert!(of(text).traits.shadows_macros, "{text}");
    }
}
