//! Edits after which the messages can be moved.

use super::*;

/// Many warnings; `@` marks places where comments can be put, counted from 1.
const MANY: &str = "@#![warn(unused, nonstandard_style)]
@use std::collections::HashMap;

@use std::fmt::{self, Debug};
@
/// Old.
#[deprecated(note = \"older\")]
pub fn old() {}
@
fn unused() { let x = (1); }
@
pub fn body() -> u32 {
    @let mut a = 1;
    let Bad = 2;
    @if (a == 1) { old(); }
    for i in 0..2 {}
    vec![1].iter().map(|x| x + 1);
    @return Bad;
    println!(\"{}{}\", 1, a);
    a
}
@
struct Fields {
    read: u32,
    b: u32,
    c: u32,
}
impl Fields {
    fn get(&self) -> u32 {
        self.read
    }
    fn other(&self) {}
}
@#[derive(Debug, Clone)]
enum Never { A, B(Fields2) }
#[derive(Debug, Clone)]
struct Fields2(u8, u8);
pub fn tail() -> impl Debug { let f = Never::A; f }
@
macro_rules! local {
    ($e:expr) => {{
        let mut inner = $e;
        let _ = inner;
    }};
}
pub fn call() {
    @local!(1);
    local!(2);
}
pub type Cb = fn() -> ();
pub const lower: u8 = 1;
@pub static mut S: u8 = 1;
pub fn st() -> u8 { unsafe { unsafe { S } } }
";

fn filled(comments: &[(usize, &str)]) -> String {
    let parts = MANY.split('@').enumerate();
    let comment = |number| comments.iter().find(|(at, _)| *at == number).map_or("", |(_, text)| text);
    parts.flat_map(|(number, part)| [comment(number), part]).collect()
}

#[test]
fn nothing_changed_or_comment_text_alone() {
    assert_eq!(one(&filled(&[]), &filled(&[(6, "")])), Ok(()));
    let old = filled(&[(5, "// one\n"), (6, "// two\n"), (9, "/* x */\n    ")]);
    let new = filled(&[(5, "// another one, longer\n"), (6, "// ünïcode\n"), (9, "/* y */\n    ")]);
    assert_eq!(one(&old, &new), Ok(()));
}

#[test]
fn comment_lines_come_and_go() {
    let lines = "// a\n//\n\n// b\n";
    assert_eq!(one(&filled(&[]), &filled(&[(1, lines)])), Ok(()), "all lines");
    assert_eq!(one(&filled(&[(1, lines)]), &filled(&[])), Ok(()), "all lines, upwards");
    for place in 2..=14 {
        let indent = if matches!(place, 7..=9 | 13) { "    " } else { "" };
        let edited = filled(&[(place, &format!("{}{indent}", lines.trim_start_matches(' ')))]);
        assert_eq!(one(&filled(&[]), &edited), Ok(()), "place {place}");
    }
}

#[test]
fn deltas_of_one_message_may_differ_where_lines_are_hidden() {
    let gap = "\n".repeat(3);
    let old = format!("macro_rules! m {{ () => {{ let mut x = 1; let _ = x; }} }}{gap}pub fn f() {{ m!(); }}\n");
    let new = format!("macro_rules! m {{ () => {{ let mut x = 1; let _ = x; }} }}{gap}// more\npub fn f() {{ m!(); }}\n");
    assert_eq!(one(&old, &new), Ok(()));
}

#[test]
fn several_files() {
    let root = "// root\nmod b;\npub mod c;\nfn lonely() {}\n";
    let child = "// child\npub fn f() { let x = 1; }\n";
    let macros = "#[macro_export]\nmacro_rules! far {\n    () => {\n        let mut q = 1;\n        let _ = q;\n    };\n}\n\
                  #[deprecated]\npub fn gone() {}\n";
    let user = "pub fn g() {\n    crate::far!();\n    crate::gone();\n}\n";
    let old = [("a.rs", &*format!("{macros}{root}")), ("b.rs", child), ("c.rs", user)];
    let new_child = format!("// more\n{child}");
    assert_eq!(both(&old, &[old[0], ("b.rs", &new_child), old[2]], &[]), Ok(()));
    let new_user = format!("//! Docs.\n\n{user}");
    let same_user = format!("// Docs.\n\n{user}");
    assert_eq!(both(&[old[0], old[1], ("c.rs", &same_user)], &[old[0], ("b.rs", &new_child), ("c.rs", user)], &[]), Ok(()));
    assert_ne!(new_user, same_user);
    let new_root = format!("// top\n{macros}{root}");
    assert_eq!(both(&old, &[("a.rs", &new_root), old[1], old[2]], &[]), Ok(()));
    assert_eq!(both(&old, &[("a.rs", &new_root), ("b.rs", &new_child), ("c.rs", &same_user)], &[]), Ok(()));
}

#[test]
fn the_level_that_line_one_sets() {
    let old = "#![warn(missing_docs)]\n//! Docs.\n\n\n\npub fn f() {}\n";
    let new = "#![warn(missing_docs)]\n//! Docs.\n// two\n\n// three\n\n\npub fn f() {}\n";
    assert_eq!(one(old, new), Ok(()));
    assert_eq!(one(new, old), Ok(()));
}

#[test]
fn tabs_unicode_and_carriage_returns() {
    let old = "pub fn f() {\n\tlet é = \"ñ\"; let x\t= 1; /* ü */ let y = 2;\n\treturn;\n\t// é\tb\n\tlet z = 1;\n}\n";
    let new = format!("/* 日本語 */ // more\n\n{old}");
    assert_eq!(one(old, &new), Ok(()));
    let unix = "fn a() {}\n// x\npub fn f() -> u8 {\n    let z = (\n        1);\n    z\n}\nuse std::fmt;\n\n";
    let dos = unix.replace('\n', "\r\n");
    assert_eq!(one(unix, &dos), Ok(()));
    assert_eq!(one(&dos, unix), Ok(()));
    assert_eq!(one(&dos, &dos.replace("// x", "// y\r\n// z")), Ok(()));
    assert_eq!(one(unix, &format!("\u{feff}{unix}")), Ok(()));
    assert_eq!(one(&format!("\u{feff}{unix}"), unix), Ok(()));
    let docs = "#![warn(missing_docs)]\r\nfn f() {}";
    assert_eq!(one(docs, &format!("// x\r\n{docs}")), Ok(()));
}

#[test]
fn long_lines() {
    let long = format!("pub fn f() {{ {} let x = 1; {} }}\n", "let _ = 1;".repeat(9), "let _ = 2;".repeat(30));
    let old = format!("// x\n\n{long}#[deprecated] pub fn a() {{}}\npub fn g() {{\n    a();\n}}\n");
    let new = format!("// y\n// more\n\n{long}#[deprecated] pub fn a() {{}}\npub fn g() {{\n    a();\n}}\n");
    for width in ["--diagnostic-width=80", "--diagnostic-width=30", "--diagnostic-width=140"] {
        assert_eq!(both(&[("a.rs", &old)], &[("a.rs", &new)], &[width]), Ok(()));
    }
}

#[test]
fn line_numbers_grow_within_their_column() {
    // Line 9 becomes 10 beside line 12, and 98 becomes 99.
    let old = "fn f() {}\n\n\n\n\n\n\n#[allow(dead_code)]\npub fn h() {\n    return;\n\n    let x = 1; let y = 2;\n}\n";
    assert_eq!(one(old, &format!("// x\n{old}")), Ok(()));
    let macro_call =
        "macro_rules! m {\n    () => {\n        let mut x = 1;\n        let _ = x;\n    }\n}\n\n\n\n\n\npub fn f() { m!(); }\n";
    let new = format!("{}{macro_call}", "// x\n".repeat(8));
    // The macro is at line 3 beside line 12: 3 becomes 11.
    assert_eq!(one(macro_call, &new), Ok(()));
    let old = format!("{}fn f() {{}}\n", "\n".repeat(97));
    assert_eq!(one(&old, &format!("\n{old}")), Ok(()));
}

#[test]
fn spans_over_several_lines() {
    let old = "#[deprecated]\npub fn d() {}\npub fn f() -> u8 {\n    return 1;\n    // inside\n    match 1 {\n        1 => {\n            2\n        }\n\
               \x20       _ => {\n            // other\n            3\n        }\n    }\n}\n";
    assert_eq!(one(old, &format!("// x\n\n{old}")), Ok(()));
    let parens = "// x\npub fn f() {\n    let x = (\n        1 +\n        2\n    );\n    let _ = x;\n}\n";
    assert_eq!(one(parens, &format!("//\n{parens}")), Ok(()));
}

#[test]
fn imports_that_are_removed_with_their_line() {
    let old = "use std::fmt;\n// one\nuse std::io;\n\nuse std::env;\npub fn f() {}\n";
    let new = "use std::fmt;\n// another\nuse std::io;\n// new\n\nuse std::env;\n// last\npub fn f() {}\n";
    assert_eq!(one(old, new), Ok(()));
    assert_eq!(one(new, old), Ok(()));
}

#[test]
fn suggestions_that_people_see() {
    let old = "pub fn f() {\n    if (true) {}\n    while (false) {}\n    let _x = { 7 };\n    std::mem::forget(3);\n    let _ = 1u8 as u8;\n}\n\
               pub fn g(_: &dyn Fn()) { ; }\npub fn h() -> Result<u8, ()> { f_result(); Ok(1) }\n\
               #[must_use]\nfn f_result() -> Result<u8, ()> { Err(()) }\npub trait T { fn a(&self) { ({ 1 }); } }\n";
    let old = format!("{}{old}", "\n".repeat(9));
    assert_eq!(one(&old, &format!("// x\n{old}")), Ok(()));
    let extern_fn = "#[no_mangle]\npub extern fn f(_: String) {}\nextern { pub fn zz(x: String); }\n";
    assert_eq!(one(extern_fn, &format!("// x\n\n{extern_fn}")), Ok(()));
}

#[test]
fn reports_of_future_incompatibilities() {
    let old = "pub fn f() { let x = m!(); let _: u8 = x; }\n";
    let rest = "#[macro_export] macro_rules! m { () => { 1; } }\n";
    let allowed = format!("#![allow(semicolon_in_expressions_from_macros)]\n{rest}{old}");
    assert_eq!(one(&allowed, &format!("// x\n{allowed}")), Ok(()));
    let sample = Sample::compile(&allowed, &[PLAIN]);
    assert!(String::from_utf8_lossy(&sample.before).contains("\"$message_type\":\"future_incompat\""));
}
