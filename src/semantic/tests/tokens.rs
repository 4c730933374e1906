//! Level T: tokens may move, unless something can tell.

use super::*;

fn tokens(text: &str) -> Digest {
    of(text).tokens.unwrap_or_else(|| panic!("{text}"))
}

#[test]
fn moves_that_nobody_sees() {
    let same = [
        ("fn f() {}", "\n\n  fn f()\n{}\n"),
        ("fn f() { a + b }", "fn f() { a+b }"),
        ("fn f() {}", "// Words.\nfn f() {} // words"),
        ("/// a\nfn f() {}", "\n/// b\nfn f() {}"),
        ("fn f() { info!(\"a\") }", "\nfn f() {\n    info!(\"a\")\n}"),
        ("#[derive(Serialize)]\nstruct S;", "\n#[derive(Serialize)]\nstruct S;"),
        ("const A: &str = concat!(\"a\");", "\nconst A: &str = concat!(\"a\");"),
        ("cfg_if! { mod a; }", "\ncfg_if! { mod a; }"),
        ("thread_local! { static A: u8 = 1; }", "\nthread_local! { static A: u8 = 1; }"),
        ("macro_rules! m { () => {}; }", "\nmacro_rules! m { () => {}; }"),
    ];
    check("the sequence of tokens", &same, true, tokens);
}

#[test]
fn what_still_counts() {
    let differs = [
        ("fn f() { a }", "fn f() { b }"),
        ("fn f() { m!(a == b) }", "fn f() { m!(a = = b) }"),
        ("fn f() { &&a }", "fn f() { & &a }"),
        ("fn f() { stringify!(a+b) }", "fn f() { stringify!(a + b) }"),
        ("fn f() { assert!(a==b) }", "fn f() { assert!(a == b) }"),
        ("fn f() { info!(a+b) }", "fn f() { info!(a + b) }"),
        ("#[wrap]\nfn f() { a+b }", "#[wrap]\nfn f() { a + b }"),
        ("#[derive(Parser)]\nstruct S { a:u8 }", "#[derive(Parser)]\nstruct S { a: u8 }"),
        ("macro_rules! m { () => { a+b } }", "macro_rules! m { () => { a + b } }"),
        ("m!();", "\nm!();"),
        ("impl S { m!(); }", "\nimpl S { m!(); }"),
        ("trait S { m!(); }", "\ntrait S { m!(); }"),
        ("extern \"C\" { m!(); }", "\nextern \"C\" { m!(); }"),
        ("const A: u32 = m!();", "\nconst A: u32 = m!();"),
        ("static A: u32 = f(m!());", "\nstatic A: u32 = f(m!());"),
        ("struct S([u8; m!()]);", "\nstruct S([u8; m!()]);"),
        ("fn f(x: m!()) {}", "\nfn f(x: m!()) {}"),
        ("enum E { A = m!() }", "\nenum E { A = m!() }"),
        ("const fn f() { m!() }", "\nconst fn f() { m!() }"),
        ("fn f() { let x = [0; m!()]; }", "\nfn f() { let x = [0; m!()]; }"),
        ("fn f() { const { m!() } }", "\nfn f() { const { m!() } }"),
        ("fn f() { g::<{ m!() }>() }", "\nfn f() { g::<{ m!() }>() }"),
        ("const A: &str = \"a\nb\";", "const A: &str = \"a\n b\";"),
    ];
    check("the sequence of tokens", &differs, false, tokens);
}

#[test]
fn texts_that_ask_where_they_stand() {
    for text in ["fn f() { line!() }", "const A: u32 = std::column!();", "macro_rules! m { () => { $crate::line!() } }"] {
        let facts = of(text);
        assert!(facts.tokens.is_none() && facts.interface_loose.is_none() && facts.interface_loose_x.is_none(), "{text}");
    }
    assert!(of("fn f() { Location::caller() }").traits.asks_caller);
    assert!(of("fn f(line: u8) { column(Location, caller) }").tokens.is_some());
}

#[test]
fn lines_and_layout() {
    let facts = of("fn f() {\n\n    \"a\nb\"; c\n}");
    assert_eq!(facts.lines, [(1, 5), (3, 1), (4, 2), (5, 1)]);
    let layout = |text: &str| of(text).layout;
    let same = [("fn f() {\n    a\n}", "// Words.\n\nfn f() {\n    a // more\n\n}")];
    check("the layout", &same, true, layout);
    let differs = [
        ("fn f() {\n    a\n}", "fn f() {\n   a\n}"),
        ("fn f() {\n a }", "fn f() {  a }"),
        ("fn f(/* ü */) {}", "fn f(/* uu */) {}"),
    ];
    check("the layout", &differs, false, layout);
}
