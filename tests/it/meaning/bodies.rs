//! Bodies of functions: what only their own crate compiles, and what others compile again.

use super::{CHECK, Case, Fate, RELEASE, case, run_all};

const BODIES_THAT_NOBODY_ELSE_SEES: &[Case] = &[
    case(
        "private body",
        &[("a/src/lib.rs", "fn secret() -> u32 { 1 }\npub fn answer() -> u32 { secret() }\n")],
        &[("a/src/lib.rs", "{ 1 }", "{ 17 * 3 }")],
        Fate::CutOff,
    ),
    case(
        "public body",
        &[("a/src/lib.rs", "pub fn answer() -> u32 { 1 }\n")],
        &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        Fate::CutOff,
    ),
    case(
        "closure added, so that definitions are numbered anew",
        &[
            (
                "a/src/lib.rs",
                "fn secret(v: &[u32]) -> u32 { v.len() as u32 }\npub struct After { pub x: u32 }\nimpl After { pub fn twice(&self) -> u32 { self.x * 2 } }\npub fn answer() -> u32 { secret(&[1, 2]) + After { x: 2 }.twice() }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::After { x: 5 }.twice() + a::answer() }\n"),
        ],
        &[("a/src/lib.rs", "v.len() as u32", "v.iter().map(|x| x + 1).sum::<u32>()")],
        Fate::CutOff,
    ),
    case(
        "method of a plain type, trait method of a plain implementation, drop",
        &[(
            "a/src/lib.rs",
            "pub struct S(pub u32);\nimpl S { pub fn get(&self) -> u32 { self.0 } }\nimpl std::fmt::Display for S { fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, \"<{}>\", self.0) } }\nimpl Drop for S { fn drop(&mut self) { println!(\"bye {}\", self.0); } }\npub fn answer() -> String { S(3).to_string() }\n",
        )],
        &[("a/src/lib.rs", "self.0 }", "self.0 + 1 }"), ("a/src/lib.rs", "<{}>", "[{}]"), ("a/src/lib.rs", "bye", "yes")],
        Fate::CutOff,
    ),
    case("the same in check", &[("a/src/lib.rs", "pub fn answer() -> u32 { 1 }\n")], &[], Fate::Nothing),
];

#[test]
fn bodies_that_nobody_else_sees() {
    run_all(BODIES_THAT_NOBODY_ELSE_SEES);
}

const BODIES_IN_CHECK_AND_RELEASE: &[Case] = &[
    Case {
        name: "private body in check, and lines move",
        files: &[("a/src/lib.rs", "fn secret() -> u32 { 1 }\npub fn answer() -> u32 { secret() }\n")],
        edits: &[("a/src/lib.rs", "{ 1 }", "{\n    let x = 1;\n    x\n}")],
        args: CHECK,
        fate: Fate::CutOff,
    },
    Case {
        name: "generic body in check",
        files: &[("a/src/lib.rs", "fn g<T: Copy>(x: T) -> T { x }\npub fn answer() -> u32 { g(1) }\n")],
        edits: &[("a/src/lib.rs", "{ x }", "{ let y = x; y }")],
        args: CHECK,
        fate: Fate::CutOff,
    },
    Case {
        name: "private body in a release build",
        files: &[("a/src/lib.rs", "fn secret() -> u32 { 1 }\npub fn answer() -> u32 { secret() }\n")],
        edits: &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        args: RELEASE,
        fate: Fate::Any,
    },
];

#[test]
fn bodies_in_check_and_release() {
    run_all(BODIES_IN_CHECK_AND_RELEASE);
}

const BODIES_THAT_OTHERS_COMPILE: &[Case] = &[
    case(
        "generic body",
        &[
            ("a/src/lib.rs", "pub fn g<T: Into<u32>>(x: T) -> u32 { x.into() + 1 }\npub fn answer() -> u32 { g(1u8) }\n"),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::g(3u16) }\n"),
        ],
        &[("a/src/lib.rs", "+ 1", "+ 2")],
        Fate::Seen,
    ),
    case(
        "method of a generic implementation",
        &[
            (
                "a/src/lib.rs",
                "pub struct W<T>(pub T);\nimpl<T> W<T> { pub fn n(&self) -> u32 { 1 } }\npub fn answer() -> u32 { W(1u8).n() }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::W(\"x\").n() }\n"),
        ],
        &[("a/src/lib.rs", "{ 1 } }", "{ 2 } }")],
        Fate::Seen,
    ),
    case(
        "inline body",
        &[("a/src/lib.rs", "#[inline]\npub fn answer() -> u32 { 1 }\n")],
        &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        Fate::Seen,
    ),
    case(
        "inline(always) by way of cfg_attr",
        &[("a/src/lib.rs", "#[cfg_attr(all(), inline(always))]\npub fn answer() -> u32 { 1 }\n")],
        &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        Fate::Seen,
    ),
    case(
        "default method of a trait",
        &[
            (
                "a/src/lib.rs",
                "pub trait T { fn n(&self) -> u32 { 1 } }\npub struct A;\nimpl T for A {}\npub fn answer() -> u32 { A.n() }\n",
            ),
            ("b/src/lib.rs", "struct B;\nimpl a::T for B {}\npub fn through() -> u32 { a::T::n(&B) }\n"),
        ],
        &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        Fate::Seen,
    ),
    case(
        "constant function",
        &[
            ("a/src/lib.rs", "pub const fn n() -> usize { 1 }\npub fn answer() -> usize { n() }\n"),
            ("b/src/lib.rs", "pub fn through() -> usize { [0u8; a::n()].len() }\n"),
        ],
        &[("a/src/lib.rs", "{ 1 }", "{ 2 }")],
        Fate::Seen,
    ),
    case(
        "constant and static",
        &[
            ("a/src/lib.rs", "pub const N: usize = 1;\npub static S: u32 = 5;\npub fn answer() -> usize { N }\n"),
            ("b/src/lib.rs", "pub fn through() -> usize { [0u8; a::N].len() + a::S as usize }\n"),
        ],
        &[("a/src/lib.rs", "usize = 1", "usize = 2")],
        Fate::Seen,
    ),
    case(
        "hidden type of impl Trait",
        &[
            (
                "a/src/lib.rs",
                "pub fn it() -> impl Iterator<Item = u32> { vec![1u32].into_iter() }\npub fn answer() -> u32 { it().sum() }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> usize { std::mem::size_of_val(&a::it()) }\n"),
        ],
        &[("a/src/lib.rs", "vec![1u32].into_iter()", "[1u32, 2].into_iter()")],
        Fate::Seen,
    ),
    case(
        "auto traits through a private field",
        &[
            (
                "a/src/lib.rs",
                "pub struct P { x: u32 }\nimpl P { pub fn new() -> P { P { x: Default::default() } } pub fn get(&self) -> u32 { let _ = &self.x; 1 } }\npub fn answer() -> u32 { P::new().get() }\n",
            ),
            ("b/src/lib.rs", "fn send<T: Send>(_: T) {}\npub fn through() -> u32 { send(a::P::new()); 1 }\n"),
        ],
        &[("a/src/lib.rs", "x: u32 }\n", "x: std::rc::Rc<u32> }\n")],
        Fate::Any,
    ),
    case(
        "size of a type through a private field",
        &[
            ("a/src/lib.rs", "#[derive(Default)]\npub struct P { x: [u8; 4] }\npub fn answer() -> u8 { P::default().x[0] }\n"),
            ("b/src/lib.rs", "pub fn through() -> usize { std::mem::size_of::<a::P>() }\n"),
        ],
        &[("a/src/lib.rs", "[u8; 4]", "[u8; 8]")],
        Fate::Seen,
    ),
    case(
        "track_caller comes",
        &[
            (
                "a/src/lib.rs",
                "#[allow(dead_code)]\npub fn where_() -> u32 { std::panic::Location::caller().line() }\npub fn answer() -> u32 { where_() }\n",
            ),
            ("b/src/lib.rs", "\n\n\npub fn through() -> u32 { a::where_() }\n"),
        ],
        &[("a/src/lib.rs", "#[allow(dead_code)]", "#[track_caller]      ")],
        Fate::Seen,
    ),
    case(
        "async body",
        &[
            ("a/src/lib.rs", "pub async fn f() -> u32 { 1 }\npub fn answer() -> u32 { 1 }\n"),
            ("b/src/lib.rs", "pub fn through() -> usize { std::mem::size_of_val(&a::f()) }\n"),
        ],
        &[(
            "a/src/lib.rs",
            "-> u32 { 1 }\npub fn answer",
            "-> u32 { let x = [1u8; 100]; std::future::ready(()).await; x.len() as u32 }\npub fn answer",
        )],
        Fate::Seen,
    ),
    case(
        "implementation inside a body",
        &[
            (
                "a/src/lib.rs",
                "pub struct S;\nfn secret() -> u32 { impl S { pub fn n(&self) -> u32 { 1 } } S.n() }\npub fn answer() -> u32 { secret() }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::S.n() }\n"),
        ],
        &[(
            "a/src/lib.rs",
            "impl S { pub fn n(&self) -> u32 { 1 } }",
            "impl S { pub fn n(&self) -> u32 { 2 } #[allow(dead_code)] pub fn m(&self) {} }",
        )],
        Fate::Any,
    ),
    case(
        "trait implementation inside a body",
        &[
            ("a/src/lib.rs", "pub struct S;\nfn secret() -> u32 { 1 }\npub fn answer() -> u32 { secret() }\n"),
            (
                "b/src/lib.rs",
                "pub trait N { fn n(&self) -> u32 { 0 } }\nimpl<T> N for T {}\npub fn through() -> u32 { a::S.n() }\n",
            ),
        ],
        &[("a/src/lib.rs", "{ 1 }", "{ impl Clone for S { fn clone(&self) -> S { S } } let _ = S.clone(); 1 }")],
        Fate::Seen,
    ),
    case(
        "shared generic instance goes",
        &[
            ("a/src/lib.rs", "pub fn answer() -> usize { let mut v: Vec<u64> = Vec::new(); v.push(1); v.len() }\n"),
            ("b/src/lib.rs", "pub fn through() -> usize { let mut v: Vec<u64> = Vec::new(); v.push(7); v.len() }\n"),
        ],
        &[("a/src/lib.rs", "let mut v: Vec<u64> = Vec::new(); v.push(1); v.len()", "1")],
        Fate::Any,
    ),
    case(
        "two functions of one name behind cfg",
        &[(
            "a/src/lib.rs",
            "#[cfg(not(test))]\nfn n() -> u32 { 1 }\n#[cfg(test)]\nfn n() -> u32 { 2 }\npub fn answer() -> u32 { n() }\n",
        )],
        &[("a/src/lib.rs", "#[cfg(test)]", "#[cfg(any())]")],
        Fate::Any,
    ),
    case(
        "cfg turns a body on",
        &[("a/src/lib.rs", "#[cfg(any())]\npub fn answer() -> u32 { 1 }\n#[cfg(all())]\npub fn answer() -> u64 { 2 }\n")],
        &[("a/src/lib.rs", "any()", "not()"), ("a/src/lib.rs", "all()", "any()"), ("a/src/lib.rs", "not()", "all()")],
        Fate::Any,
    ),
    case(
        "signature of a private function",
        &[("a/src/lib.rs", "fn s(x: u8) -> u32 { x as u32 }\npub fn answer() -> u32 { s(1) }\n")],
        &[("a/src/lib.rs", "x: u8", "x: u16")],
        Fate::Any,
    ),
    case(
        "a private function comes at the end",
        &[("a/src/lib.rs", "pub fn answer() -> u32 { 1 }\n")],
        &[("a/src/lib.rs", "{ 1 }\n", "{ helper() }\nfn helper() -> u32 { 2 }\n")],
        Fate::Any,
    ),
    case(
        "a private function shadows one that generic code calls",
        &[
            (
                "a/src/lib.rs",
                "mod m { pub fn h() -> u32 { 1 } }\nuse m::*;\npub fn g<T>(_: T) -> u32 { h() }\npub fn answer() -> u32 { g(1) }\n",
            ),
            ("b/src/lib.rs", "pub fn through() -> u32 { a::g(\"x\") }\n"),
        ],
        &[("a/src/lib.rs", "pub fn answer() -> u32 { g(1) }\n", "pub fn answer() -> u32 { g(1) }\nfn h() -> u32 { 2 }\n")],
        Fate::Seen,
    ),
    case(
        "edition-dependent never type and unwinding",
        &[("a/src/lib.rs", "pub extern \"C-unwind\" fn e() {}\npub fn answer() -> u32 { 1 }\n")],
        &[("a/src/lib.rs", "fn e() {}", "fn e() { if answer() == 2 { panic!() } }")],
        Fate::Any,
    ),
];

#[test]
fn bodies_that_others_compile() {
    run_all(BODIES_THAT_OTHERS_COMPILE);
}
