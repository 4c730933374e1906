//! The walk through the modules of a crate, and what one file means for all.

use super::*;

const NOT_REACHED: &str = "no `mod` declaration that could be read leads to it";

#[test]
fn where_modules_stand() {
    let files = Crate::new(&[
        ("src/lib.rs", "mod a; mod b; #[path = \"odd/c.rs\"] mod c; mod inner { mod d; #[path = \"e2.rs\"] mod e; } mod r#type;"),
        ("src/a.rs", "mod x; mod inner { mod y; #[path = \"z.rs\"] mod z; } #[path = \"w.rs\"] mod w;"),
        ("src/a/x.rs", ""),
        ("src/a/inner/y.rs", ""),
        ("src/a/inner/z.rs", ""),
        ("src/w.rs", ""),
        ("src/b/mod.rs", "mod x; mod inner { mod y; }"),
        ("src/b/x.rs", ""),
        ("src/b/inner/y.rs", ""),
        ("src/odd/c.rs", "mod x;"),
        ("src/odd/x.rs", ""),
        ("src/inner/d.rs", ""),
        ("src/inner/e2.rs", ""),
        ("src/type.rs", ""),
    ]);
    let expected: Vec<String> = files.0.iter().map(|(name, _)| format!("{}: facts", name.display())).collect();
    assert_eq!(files.parts(), expected);
}

#[test]
fn paths_that_depend() {
    let files = Crate::new(&[
        (
            "./src/lib.rs",
            "#[cfg_attr(unix, path = \"u.rs\")] #[cfg_attr(windows, path = \"w.rs\")] mod os; #[path = \"p\"] mod q { mod r; } mod s;",
        ),
        ("src/../src/u.rs", ""),
        ("src/p/r.rs", ""),
        ("src/s.rs", "#[path = \"t\"] mod v { mod w; } #[path = \"../up.rs\"] mod up;"),
        ("src/t/w.rs", ""),
        ("src/../up.rs", ""),
    ]);
    assert!(files.parts().iter().all(|p| p.ends_with("facts")), "{:?}", files.parts());
}

#[test]
fn files_that_are_no_modules() {
    let root = "mod a; include!(\"inc.rs\"); const R: &str = include_str!(\"../README.md\"); cfg_if! { mod m; } #[wrap] mod w; \
                mod bad; #[cfg(no)] mod t; fn f() { #[path = \"n.rs\"] mod n; } const T: &str = \"src/t.rs\";";
    let files = Crate::new(&[
        ("src/lib.rs", root),
        ("src/a.rs", ""),
        ("src/inc.rs", "fn f() {}"),
        ("README.md", "it's"),
        ("src/m.rs", ""),
        ("src/w.rs", "mod under;"),
        ("src/w/under.rs", ""),
        ("src/bad.rs", "fn f() { return 1 1 }"),
        ("src/t.rs", ""),
        ("src/n.rs", ""),
    ]);
    let parts = files.parts();
    let expected = [
        "facts",
        "facts",
        NOT_REACHED,
        "it is not source code of this crate's modules",
        NOT_REACHED,
        "something around its `mod` declaration may rewrite it",
        "something around its `mod` declaration may rewrite it",
        "it does not parse",
        "its name stands in a string, so it may be read as text",
        "something around its `mod` declaration may rewrite it",
    ];
    for (part, expected) in parts.iter().zip(expected) {
        assert!(part.contains(expected), "{part}, not {expected}");
    }
}

#[test]
fn included_in_an_impl_after_all() {
    // A module by a declaration that counts elsewhere, and the body of a generic impl here.
    let files = |body: &str| {
        Crate::new(&[
            ("src/lib.rs", "#[cfg(no)] mod methods; impl<T> S<T> { include!(\"methods.rs\"); }"),
            ("src/methods.rs", &format!("fn f() {{ {body} }}")),
        ])
    };
    assert_ne!(files("1").key(Level::Interface), files("2").key(Level::Interface));
    assert_ne!(files("1; //a").key(Level::Meaning), files("1; //b").key(Level::Meaning));
}

#[test]
fn whole_crates_as_bytes() {
    let whole = |root: &str, other: &str, sight: &Sight| {
        let files = Crate::new(&[("src/lib.rs", root), ("src/a.rs", other)]);
        files.reduced(sight).whole.map(|reason| reason.to_string())
    };
    assert_eq!(whole("mod a;", "", &Sight::Docs), None);
    let computed = whole("mod a;", "include!(env!(\"X\"));", &Sight::Docs);
    assert_eq!(computed.as_deref(), Some("src/a.rs includes a file whose name is put together"));
    assert_eq!(whole("const A: &str = include_str!(\"a.rs\");", "\"", &Sight::Docs), None, "it can only be data");
    assert_eq!(whole("mod a;", "\"", &Sight::Docs).as_deref(), Some("src/a.rs turns on unstable features"), "worst case");
    assert_eq!(whole("#![feature(x)] mod a;", "", &Sight::Docs).as_deref(), Some("src/lib.rs turns on unstable features"));
    let nosy = Sight::Nosy("sqlx_macros".into());
    assert_eq!(whole("mod a;", "fn f() { println!() }", &nosy), None);
    let reason = whole("mod a;", "fn f() { query!() }", &nosy);
    assert_eq!(reason.as_deref(), Some("the procedural macro `sqlx_macros` may read sources"));
    assert!(whole("mod a; use x::println;", "fn f() { println!() }", &nosy).is_some(), "it may be that macro");
    assert!(whole("mod a; use x::*;", "#[derive(Debug)] struct S;", &nosy).is_some());
}

#[test]
fn names_of_std_are_taken_by_any_file() {
    let key = |root: &str, text: &str| {
        let body = format!("pub fn f() {{ println!(\"{text}\") }}");
        Crate::new(&[("src/lib.rs", root), ("src/a.rs", &body)]).key(Level::Interface)
    };
    assert_eq!(key("mod a;", "a"), key("mod a;", "b"));
    assert_ne!(key("#[macro_use] extern crate other; mod a;", "a"), key("#[macro_use] extern crate other; mod a;", "b"));
    let own = "macro_rules! println { () => {} } mod a;";
    assert_ne!(key(own, "a"), key(own, "b"));
    let included = |text: &str| {
        let body = format!("pub fn f() {{ println!(\"{text}\") }}");
        let files = [
            ("src/lib.rs", "include!(\"m.rs\"); mod a;"),
            ("src/m.rs", "macro_rules! println { () => {} }"),
            ("src/a.rs", &body),
        ];
        Crate::new(&files).key(Level::Interface)
    };
    assert_ne!(included("a"), included("b"));
}

#[test]
fn crate_digests() {
    let files = |root: &str, a: &str| Crate::new(&[("src/lib.rs", root), ("src/a.rs", a)]);
    let all = |c: &Crate| Level::ALL.map(|level| c.key(level));
    let base = files("mod a; // x", "pub fn f() { 1 }");
    assert!(all(&base).iter().all(Option::is_some));
    assert_eq!(all(&base), all(&files("mod a; // y", "pub fn f() { 1 }")));
    let body = files("mod a;", "pub fn f() { 2 }");
    assert_ne!(base.key(Level::Meaning), body.key(Level::Meaning));
    assert_eq!(base.key(Level::Interface), body.key(Level::Interface));
    assert_eq!(base.key(Level::InterfaceX), body.key(Level::InterfaceX));
    let moved = files("\nmod a;", "\npub fn f() { 1 }");
    assert_ne!(base.key(Level::Interface), moved.key(Level::Interface));
    assert_eq!(base.key(Level::Tokens), moved.key(Level::Tokens));
    assert_eq!(base.key(Level::InterfaceLoose), moved.key(Level::InterfaceLoose));
    let renamed = Crate::new(&[("src/lib.rs", "mod a;"), ("src/a/mod.rs", "pub fn f() { 1 }")]);
    assert_ne!(base.key(Level::Meaning), renamed.key(Level::Meaning));
    // Foreign unwinding anywhere makes all bodies count; a caller's place makes all positions count.
    let unwinds = |n: &str| files("mod a; extern \"C-unwind\" { fn g(); }", &format!("pub fn f() {{ {n} }}"));
    assert_ne!(unwinds("1").key(Level::Interface), unwinds("2").key(Level::Interface));
    let caller = files("mod a;", "pub const fn f() -> u32 { Location::caller().line() }");
    assert_eq!(caller.key(Level::Tokens), None);
    // A line that is asked for makes positions of its own file count.
    let asks = |a: &str| files("mod a;", a).key(Level::Tokens);
    assert_ne!(asks("fn f() { line!() }"), asks("\nfn f() { line!() }"));
}
