//! Claims about the compiler, put to the compiler: what is called equal makes equal machine code.

use std::{fs, process::Command};

use super::*;

/// Compiles `lib.rs`, and `user.rs` that depends on it if there is one; gives the objects of both.
fn objects(lib: &str, user: Option<&str>, flags: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let dir = tempfile::tempdir().expect("temporary directory");
    let run = |file: &str, text: &str, more: &[&str]| {
        fs::write(dir.path().join(file), text).expect("written");
        let mut command = Command::new("rustc");
        command.args(["--edition=2024", "--crate-type=lib", "-Ccodegen-units=1", "-Awarnings", file]);
        // In the directory itself, so that no path tells the two apart.
        command.arg(format!("--remap-path-prefix={}=.", dir.path().display()));
        let output = command.args(flags).args(more).current_dir(&dir).output().expect("a compiler");
        assert!(output.status.success(), "{}\n{text}", String::from_utf8_lossy(&output.stderr));
    };
    run("lib.rs", lib, &["--crate-name=one", "--emit=link=libone.rlib,obj=one.o"]);
    let read = |name: &str| fs::read(dir.path().join(name)).expect("an object");
    let Some(user) = user else { return (read("one.o"), Vec::new()) };
    run("user.rs", user, &["--crate-name=two", "--emit=obj=two.o", "--extern=one=libone.rlib"]);
    (read("one.o"), read("two.o"))
}

const WORDS: [&str; 2] = [
    r##"//! About this.
#![warn(missing_docs)]
/// What it is.
#[derive(Debug, Clone)]
pub struct S {
    /// A field.
    pub a: u8, // of bytes
}
/* one */ pub fn f(x: u8 /* how many */) -> u8 {
    // First this,
    // then that.
    let y = x.checked_add(1).expect("/* no comment */"); // é
    assert!(y > 1, "{}", line!());
    println!("{}", column!() /* here */); std::panic::Location::caller().line() as u8
}
/** Two
 lines. */
#[inline] #[track_caller] pub fn g<T: std::fmt::Debug>(t: T) { panic!("{t:?} {}", stringify!(a /* b */ + c)) }
macro_rules! m { ($x:expr /* expression */) => { $x + line!() /* sum */ }; }
#[doc = "abc"]
pub const C: u32 = m!(3);
"##,
    r##"//! Other words about it.
#![warn(missing_docs)]
/// And what it is not.
#[derive(Debug, Clone)]
pub struct S {
    /// A number.
    pub a: u8,
}
/* two */ pub fn f(x: u8 /* how few! */) -> u8 {
    //

    let y = x.checked_add(1).expect("/* no comment */");    // no more
    assert!(y > 1, "{}", line!());
    println!("{}", column!() /* gone */); std::panic::Location::caller().line() as u8
}
/** More than two lines of text
 in any case. */
#[inline] #[track_caller] pub fn g<T: std::fmt::Debug>(t: T) { panic!("{t:?} {}", stringify!(a         + c)) }
macro_rules! m { ($x:expr                 ) => { $x + line!() /* ... */ }; }
#[doc = "xyz"]
pub const C: u32 = m!(3);
"##,
];

#[test]
fn equal_meaning_is_equal_code() {
    let [a, b] = WORDS.map(of);
    assert_eq!(a.meaning, b.meaning);
    for flags in [&["-Copt-level=0"], &["-Copt-level=3"]] {
        assert!(objects(WORDS[0], None, flags).0 == objects(WORDS[1], None, flags).0, "{flags:?}");
    }
    let moved = WORDS[0].replace("    // then that.\n", "");
    assert_ne!(of(&moved).meaning, a.meaning);
    assert!(objects(&moved, None, &[]).0 != objects(WORDS[0], None, &[]).0, "positions are in the code");
}

const USER: &str = r##"
pub fn f() -> String { let s = one::S::new(); format!("{} {} {:?}", one::f(1), one::generic(3u16), s.name()) }
pub fn g() -> usize { one::inline() + one::K + one::twice(2) + one::Tr::by_default(&one::S::new()) }
pub fn h() -> Box<dyn one::Tr> { Box::new(one::S::new()) }
pub fn drops(s: one::S) { drop(s) }
pub fn each() -> Vec<u8> { one::each().collect() }
"##;

const BODIES: [&str; 2] = [
    r##"
pub struct S { name: String }
impl S { pub fn new() -> S { S { name: "a".into() } } pub fn name(&self) -> &str { &self.name } }
pub trait Tr { fn get(&self) -> u8 { 1 } fn by_default(&self) -> usize { self.get() as usize } }
impl Tr for S { fn get(&self) -> u8 { 7 } }
impl Drop for S { fn drop(&mut self) { println!("a") } }
pub const K: usize = twice(4);
pub const fn twice(x: usize) -> usize { x * 2 }
pub fn generic<T: Into<u32>>(t: T) -> u32 { t.into() + hidden() }
#[inline] pub fn inline() -> usize { hidden() as usize }
pub fn each() -> impl Iterator<Item = u8> { vec![1, 2].into_iter() }
fn hidden() -> u32 { 3 }
pub use last::f;
pub mod last { pub fn f(x: u8) -> u8 { x + 1 } }"##,
    r##"
pub struct S { name: String }
impl S { pub fn new() -> S { S { name: "b".into() } } pub fn name(&self) -> &str { &self.name } }
pub trait Tr { fn get(&self) -> u8 { 1 } fn by_default(&self) -> usize { self.get() as usize } }
impl Tr for S { fn get(&self) -> u8 { 8 } }
impl Drop for S { fn drop(&mut self) { println!("b") } }
pub const K: usize = twice(4);
pub const fn twice(x: usize) -> usize { x * 2 }
pub fn generic<T: Into<u32>>(t: T) -> u32 { t.into() + hidden() }
#[inline] pub fn inline() -> usize { hidden() as usize }
pub fn each() -> impl Iterator<Item = u8> { vec![1, 2].into_iter() }
fn hidden() -> u32 { 4 }
pub use last::f;
pub mod last { pub fn f(x: u8) -> u8 {
    let add = |y: u8| move || x.wrapping_add(y);
    assert!(x != 4, "not {x}");
    println!("{:?}", std::collections::BTreeMap::from([(x, "new")]));
    add(2)()
} }"##,
];

#[test]
fn equal_interfaces_are_equal_to_others() {
    let [a, b] = BODIES.map(of);
    assert_eq!(a.interface, b.interface);
    // Unoptimised code shares generic instances: which crate has them follows from bodies too, and does not matter to what
    // the program does. That is why a graft looks at symbols; here no instance comes or goes.
    let few = BODIES[1].replace("    println!(\"{:?}\", std::collections::BTreeMap::from([(x, \"new\")]));\n", "");
    let few = few.replace("    assert!(x != 4, \"not {x}\");\n", "    let add = |y: u8| move || add(y)();\n");
    for (after, flags) in [
        (few.as_str(), &["-Copt-level=0", "-Cdebuginfo=2"][..]),
        (BODIES[1], &["-Copt-level=3", "-Cincremental=i", "-Cdebuginfo=2"]),
    ] {
        let [a, b] = [BODIES[0], after].map(|lib| objects(lib, Some(USER), flags));
        assert!(a.0 != b.0, "the bodies are in their own crate");
        assert!(a.1 == b.1, "{flags:?}");
    }
}

#[test]
fn other_interfaces_are_not() {
    for (from, to) in [
        ("t.into() + hidden()", "t.into() - hidden()"),
        ("{ hidden() as usize }", "{ hidden() as usize + 1 }"),
        ("{ x * 2 }", "{ x * 3 }"),
        ("self.get() as usize }", "self.get() as usize + 1 }"),
        ("vec![1, 2].into_iter()", "std::iter::once(1)"),
    ] {
        let edited = BODIES[0].replace(from, to);
        assert_ne!(of(&edited).interface, of(BODIES[0]).interface, "{from}");
        let [a, b] = [BODIES[0], &edited].map(|lib| objects(lib, Some(USER), &["-Copt-level=0"]).1);
        assert!(a != b, "{from}");
    }
}
