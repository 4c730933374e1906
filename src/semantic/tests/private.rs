//! Rule X: private functions that nothing in the interface mentions may come and go.

use super::*;

fn key(text: &str) -> Option<Digest> {
    Crate::new(&[("src/lib.rs", text)]).key(Level::InterfaceLooseX)
}

fn pair(before: &str, after: &str) -> (Digest, Digest) {
    (key(before).unwrap_or_else(|| panic!("{before}")), key(after).unwrap_or_else(|| panic!("{after}")))
}

#[test]
fn private_functions_that_come_and_go() {
    for (before, after) in [
        ("pub fn f() { 1 }", "pub fn f() { help() }\nfn help() {}"),
        ("pub fn f() { 1 }", "/// Words.\n#[allow(unused)]\nfn help(a: u8) -> u8 { 1 }\npub fn f() { help() }"),
        ("fn a() {} pub fn f() {}", "fn b() {} pub fn f() {}"),
        ("fn a(x: u8) {} pub fn f() {}", "fn a(x: i8) {} pub fn f() {}"),
        ("mod m { fn a() {} pub fn f() { a() } }", "mod m { pub fn f() {} }"),
        ("mod tests { #[test] fn a() {} }", "mod tests { #[test] fn a() {} #[test] fn b() { println!() } }"),
        ("#[derive(Debug, Serialize)] struct S;", "#[derive(Debug, Serialize)] struct S; unsafe fn a() {}"),
        ("pub fn f() { info!(\"x\") }", "pub fn f() { info!(\"x\") } fn a() {}"),
    ] {
        let (a, b) = pair(before, after);
        assert_eq!(a, b, "{before}\n{after}");
    }
}

#[test]
fn what_does_not() {
    for (before, after) in [
        // Mentioned by what stays.
        ("pub fn f<T>() { help() } fn help() {}", "pub fn f<T>() { help() } fn help() -> u8 { 1 }"),
        ("#[inline] pub fn f() { r#help() } fn help() {}", "#[inline] pub fn f() { r#help() } fn help(a: u8) {}"),
        ("macro_rules! m { () => { help() } } fn help() {}", "macro_rules! m { () => { help() } } fn help(a: u8) {}"),
        ("#[serde(default = \"help\")] struct S; fn help() {}", "#[serde(default = \"help\")] struct S; fn help(a: u8) {}"),
        ("pub fn f() { info!(\"{help}\") } fn help() {}", "pub fn f() { info!(\"{help}\") } fn help(a: u8) {}"),
        ("pub use self::*; pub const C: fn() = help; fn help() {}", "pub use self::*; pub const C: fn() = help;"),
        ("pub fn f() { fn g() { help() } } fn help() {}", "pub fn f() { fn g() { help() } }"),
        // Not private, or not only a body.
        ("pub fn a() {}", ""),
        ("pub(crate) fn a() {}", ""),
        ("const fn a() {}", ""),
        ("fn a<T>() {}", ""),
        ("#[inline] fn a() {}", ""),
        ("#[no_mangle] fn a() {}", ""),
        ("#[unsafe(export_name = \"x\")] fn a() {}", ""),
        ("extern \"C\" fn a() {}", ""),
        ("fn main() {}", ""),
        ("fn a() { struct S; }", ""),
        ("fn a() { info!() }", ""),
        ("impl S { fn a() {} }", "impl S { }"),
        ("use a;", ""),
        ("struct S;", ""),
    ] {
        let (a, b) = pair(before, after);
        assert_ne!(a, b, "{before}\n{after}");
    }
}

#[test]
fn crates_where_names_may_be_made_up() {
    assert_eq!(key("paste! { fn [<a b>]() {} }"), None);
    assert_eq!(key("#[derive(Builder)] struct S;"), None);
    assert!(key("macro_rules! mine { () => {} } mine!();").is_some());
    let included = Crate::new(&[("src/lib.rs", "include!(\"x.rs\");"), ("src/x.rs", "pub fn f<T>() { help() }")]);
    assert_eq!(included.key(Level::InterfaceX), None);
}
