//! Level L2: bodies that no other crate can see may change as long as nothing else moves.

use super::*;

/// `a` and `b` in place of `@` are two versions of one body.
fn versions(template: &str) -> (String, String) {
    (template.replace('@', "1 + 1"), template.replace('@', "g(\n2)"))
}

fn is_blank(template: &str) -> bool {
    let (a, b) = versions(template);
    of(&a).interface == of(&b).interface
}

#[test]
fn bodies_that_are_nobodys_business() {
    for template in [
        "pub fn f() -> u8 { @ }",
        "fn f() { @ }",
        "pub fn f() -> u8 { let c = |x| x + 1; @ }",
        "pub fn f<'a>(x: &'a u8) -> &'a u8 { @; x }",
        "pub unsafe fn f() { @ }",
        "pub extern \"C\" fn f() { @ }",
        "#[no_mangle] pub extern \"C\" fn f() { @ }",
        "#[unsafe(no_mangle)] pub extern \"C\" fn f() { @ }",
        "/// Words.\n#[must_use] #[allow(unused)] #[cfg(unix)] pub fn f() { @ }",
        "#[track_caller] pub fn f() { @ }",
        "#[cold] #[deprecated] #[rustfmt::skip] #[clippy::x] pub fn f() { @ }",
        "#[cfg_attr(unix, must_use)] pub fn f() { @ }",
        "#[test] fn f() { @ }",
        "#[cfg(test)] mod tests { use super::*; #[test] fn f() { @ } }",
        "impl S { pub fn f(&self) { @ } }",
        "impl<'a> S<'a> { pub fn f(&self) { @ } }",
        "impl S<u8> { pub fn f(&self) { @ } }",
        "impl Trait for S { fn f(&self) { @ } }",
        "impl Trait<u8> for S { fn f(&self) { @ } }",
        "impl Drop for S { fn drop(&mut self) { @ } }",
        "mod a { mod b { pub fn f() { @ } } }",
        "#![allow(unused)] #![no_std] #![recursion_limit = \"1\"] pub fn f() { @ }",
        "pub fn f() { println!(\"{}\", @); vec![1]; assert!(x); format_args!(\"\"); }",
        "pub fn f() -> Pin<Box<dyn Future>> { Box::pin(async { @ }) }",
        "pub fn f() { loop { if x { match y { _ => { @ } } } } }",
        "pub fn f() -> [u8; 4] { @ }",
        "pub fn f(x: &dyn Fn(u8) -> u8) { @ }",
        "pub fn f() where String: Clone { @ }",
        "pub fn f() { std::println!(\"\"); ::core::assert!(a); @ }",
        "#[expect(unused)] #[export_name = \"x\"] #[link_section = \"y\"] pub fn f() { @ }",
    ] {
        assert!(is_blank(template), "{template}");
    }
}

#[test]
fn bodies_that_others_see() {
    for template in [
        "pub const fn f() -> u8 { @ }",
        "pub async fn f() -> u8 { @ }",
        "pub fn f<T>(t: T) { @ }",
        "pub fn f<const N: usize>() { @ }",
        "pub fn f(x: impl Clone) { @ }",
        "pub fn f() -> impl Clone { @ }",
        "pub fn f() -> Box<dyn Iterator<Item = impl Clone>> { @ }",
        "pub fn f(x: m!()) { @ }",
        "pub fn f() -> Vec<m!()> { @ }",
        "impl<T> S<T> { pub fn f() { @ } }",
        "impl<const N: usize> S<N> { pub fn f() { @ } }",
        "impl<T> Trait for S<T> { fn f() { @ } }",
        "impl Trait for m!() { fn f() { @ } }",
        "impl S { pub fn f<T>() { @ } }",
        "impl S { pub const fn f() { @ } }",
        "impl S { pub const F: u8 = @; }",
        "impl S { fn f() -> impl Clone { @ } }",
        "trait T { fn f() { @ } }",
        "trait T { const F: u8 = @; }",
        "#[inline] pub fn f() { @ }",
        "#[inline(always)] pub fn f() { @ }",
        "#[inline(never)] pub fn f() { @ }",
        "#[cfg_attr(unix, inline)] pub fn f() { @ }",
        "impl S { #[inline] pub fn f() { @ } }",
        "#[target_feature(enable = \"avx\")] pub fn f() { @ }",
        "#[instrument] pub fn f() { @ }",
        "#[tokio::main] pub fn f() { @ }",
        "#[cfg_attr(unix, instrument)] pub fn f() { @ }",
        "#[wrap] mod m { pub fn f() { @ } }",
        "#[wrap] impl S { pub fn f() { @ } }",
        "mod m { #![wrap] pub fn f() { @ } }",
        "#[async_trait] impl T for S { fn f() { @ } }",
        "#[panic_handler] fn f() { @ }",
        "#[proc_macro] pub fn f() { @ }",
        "pub const C: u8 = { @ };",
        "pub static S: u8 = { @ };",
        "pub const C: fn() = { fn f() { @ } f };",
        "pub static C: fn() = || { @ };",
        "struct S([u8; { @ }]);",
        "enum E { A = { @ } }",
        "macro_rules! m { () => { fn f() { @ } } }",
        "m! { fn f() { @ } }",
        "thread_local! { static A: u8 = { @ }; }",
        "fn f<T>() { fn g() { @ } }",
    ] {
        assert!(!is_blank(template), "{template}");
    }
}

#[test]
fn what_stays_of_a_body() {
    for template in [
        "pub fn f() { fn g() { @ } }",
        "pub fn f() { struct S([u8; @]); }",
        "pub fn f() { impl T for S { fn g() { @ } } }",
        "pub fn f() { impl S { fn g() { @ } } }",
        "pub fn f() { static A: u8 = @; }",
        "pub fn f() { const A: u8 = @; }",
        "pub fn f() { const { @ } }",
        "pub fn f() { enum E { A = @ } }",
        "pub fn f() { trait T { fn g() { @ } } }",
        "pub fn f() { mod m { fn g() { @ } } }",
        "pub fn f() { extern \"C\" { fn g(x: [u8; @]); } }",
        "pub fn f() { macro_rules! m { () => { @ } } }",
        "pub fn f() { type A = [u8; @]; }",
        "pub fn f() { m!(@); }",
        "pub fn f() { let x = a::m![@]; }",
        "pub fn f() { if x { for y in z { m!{@} } } }",
        "pub fn f() { let c = || { m!(@) }; }",
        "pub fn f() { println!(\"{}\", m!(@)); }",
        "pub fn f() { println!(\"{}\", { fn g() { @ } 1 }); }",
        "pub fn f() { asm!(\"{}\", const @); }",
        "pub fn f() { core::arch::asm!(\"{}\", const @); }",
        "pub fn f() { other::println!(@); }",
        "pub fn f() { $crate::vec![@]; }",
        "pub fn f() { crate::vec![@]; }",
        "pub fn f() { r#try!(m!(@)); }",
        "pub fn f() { let x: m!(@) = y; }",
        "pub fn f() { match x { m!(@) => {} } }",
        "pub fn f() { thread_local!(static A: u8 = @); }",
        "pub fn f() { include!(@); }",
        "pub fn f() { #[wrap] struct S([u8; @]); }",
    ] {
        let (a, b) = versions(template);
        let digest = |text: &str| facts::of(text, BUILD).map(|f| f.interface);
        let (Ok(a), Ok(b)) = (digest(&a), digest(&b)) else { continue };
        assert_ne!(a, b, "{template}");
    }
    // Where it stands counts too.
    let moved = [
        ("fn f() { a(); fn g() {} }", "fn f() { aa(); fn g() {} }"),
        ("fn f() { a(); m!(); }", "fn f() { aa(); m!(); }"),
        ("fn f() { use a; }", "fn f() { use b; }"),
        ("fn f() { m!(); }", "fn f() {       }"),
    ];
    check("the interface", &moved, false, |text| of(text).interface);
}

#[test]
fn edits_around_bodies() {
    let same = [
        ("pub fn f() { a }", "pub fn f() { b }"),
        ("fn g() {}\npub fn f() { a }", "fn g() {}\npub fn f() {\n    a;\n    b\n}\n"),
        ("pub fn f() { a } // x", "pub fn f() { // y\n}"),
        ("pub fn f() { a }\n\nfn g() {}", "pub fn f() {\na }\nfn g() {}"),
        ("impl S {\n    fn f() { a }\n}", "impl S {\n    fn f() { |x| 3 }\n}"),
        ("impl S {\n    fn f() { a }\n}", "impl S {\n    fn f() {\n        a\n    }\n}"),
    ];
    check("the interface", &same, true, |text| of(text).interface);
    let differs = [
        ("pub fn f() { a }\nfn g() {}", "pub fn f() {\na }\nfn g() {}"),
        ("pub fn f() { a } fn g() {}", "pub fn f() { aa } fn g() {}"),
        ("impl S { fn f() {} }\nfn g() {}", "impl S { fn f() {\n} }\nfn g() {}"),
        ("#[wrap] impl S { fn f() {} }", "#[wrap] impl S { fn f() {}\n}"),
        ("trait S { fn f() {} }", "trait S { fn f() {\n} }"),
        ("pub fn f() {}", "pub fn f() -> () {}"),
        ("pub fn f() {}", "fn     f() {}"),
        ("pub fn f() {}", "pub fn f();"),
        ("pub fn f(a: u8) {}", "pub fn f(b: u8) {}"),
        ("#[cold]\nfn f() {}", "#[used]\nfn f() {}"),
        ("#[cold]\nfn f() {}", "       \nfn f() {}"),
        ("struct S(u8);", "struct S(i8);"),
        ("use a::b;", "use a::c;"),
        ("fn f() {}", "fn f() {} fn g() {}"),
        ("fn f() {} fn g() {}", "fn g() {} fn f() {}"),
        ("#[cfg(a)] fn f() {}", "#[cfg(b)] fn f() {}"),
        ("const A: u8 = 1;", "const A: u8 = 2;"),
        ("static A: u8 = 1;", "static A: u8 = 2;"),
    ];
    let digest = |text: &str| facts::of(text, BUILD).map_or(Digest::of(text.as_bytes()), |f| f.interface);
    check("the interface", &differs, false, digest);
}

#[test]
fn names_of_std_that_are_not() {
    let untrusted = Rules { trust_macros: false, ..BUILD };
    let call = [("fn f() { println!(\"a\"); }", "fn f() { println!(\"b\"); }")];
    check("the interface", &call, true, |text| with(text, BUILD).interface);
    check("the interface", &call, false, |text| with(text, untrusted).interface);
    let untrusted = Rules { trust_derives: false, ..BUILD };
    let test = [("#[test] fn f() { 1; }", "#[test] fn f() { 2; }")];
    check("the interface", &test, true, |text| with(text, BUILD).interface);
    check("the interface", &test, false, |text| with(text, untrusted).interface);
}

#[test]
fn metadata_alone_has_no_bodies() {
    let check_rules = Rules { metadata_only: true, ..BUILD };
    let loose = |text: &str| with(text, check_rules).interface_loose.expect("no positions");
    let same = [
        ("pub fn f<T>(t: T) { a }", "pub fn f<T>(t: T) { bb }"),
        ("impl<T> S<T> { fn f() { a } }", "impl<T> S<T> { fn f() { bb } }"),
        ("#[inline] pub fn f() { a }", "#[inline] pub fn f() { bb }"),
        ("trait T { fn f() { a } }", "trait T { fn f() {\nbb } }"),
        ("pub fn f(x: impl Clone) { a }", "pub fn f(x: impl Clone) { bb }"),
        ("pub fn f() {}", "\n\npub fn f()\n{}"),
    ];
    check("the loose interface", &same, true, loose);
    let differs = [
        ("pub const fn f() { a }", "pub const fn f() { b }"),
        ("pub async fn f() { a }", "pub async fn f() { b }"),
        ("pub fn f<T>() -> impl Clone { a }", "pub fn f<T>() -> impl Clone { b }"),
        ("trait T { fn f() -> impl Clone { a } }", "trait T { fn f() -> impl Clone { b } }"),
        ("#[wrap] pub fn f<T>() { a }", "#[wrap] pub fn f<T>() { b }"),
        ("trait T { const A: u8 = 1; }", "trait T { const A: u8 = 2; }"),
        ("pub fn f<T>() { m!(a) }", "pub fn f<T>() { m!(b) }"),
        ("/// a\nfn f() {}", "/// b\nfn f() {}"),
    ];
    check("the loose interface", &differs, false, loose);
    let with_code = [("pub fn f<T>(t: T) { a }", "pub fn f<T>(t: T) { b }")];
    check("the loose interface", &with_code, false, |text| of(text).interface_loose.expect("no positions"));
}

#[test]
fn tests_in_builds_without_them() {
    let cases = [
        (
            "#[cfg(test)]\nmod tests { use a; const A: u8 = 1; }",
            "#[cfg(test)]\nmod tests {\n    use b;\n    m!();\n    fn f<T>() {}\n}\n",
        ),
        ("/// A.\n#[allow(unused)] #[cfg(test)] mod tests { struct S; }", "/// A.\n#[allow(unused)] #[cfg(test)] mod tests {}"),
    ];
    check("the interface", &cases, true, |text| of(text).interface);
    check("the loose interface", &cases, true, |text| of(text).interface_loose_x.expect("no positions"));
    check("the meaning", &cases, false, |text| of(text).meaning);
    check("the interface", &cases, false, |text| with(text, Rules { test: true, ..BUILD }).interface);
    let differs = [
        ("#[cfg(test)] mod tests {}", "#[cfg(test)] mod other {}"),
        ("#[cfg(test)] mod tests { } fn f() {}", "#[cfg(test)] mod tests {  } fn f() {}"),
        ("#[cfg(not(test))] mod tests { use a; }", "#[cfg(not(test))] mod tests { use b; }"),
        ("#[cfg(any(test, a))] mod tests { use a; }", "#[cfg(any(test, a))] mod tests { use b; }"),
        ("#[wrap] mod m { #[cfg(test)] mod tests { use a; } }", "#[wrap] mod m { #[cfg(test)] mod tests { use b; } }"),
        ("fn f() { #[cfg(test)] mod tests { use a; } }", "fn f() { #[cfg(test)] mod tests { use b; } }"),
        ("#[cfg(test)] use a;", "#[cfg(test)] use b;"),
    ];
    check("the interface", &differs, false, |text| of(text).interface);
}
