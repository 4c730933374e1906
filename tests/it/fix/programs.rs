//! Errors for which rustc proposes a change, by code.

use super::*;

/// `(name, source)`: after a mend it compiles.
const MENDED: &[(&str, &str)] = &[
    ("e0425_variable", "fn main() { let counter = 1; println!(\"{}\", countr); }"),
    ("e0425_function", "fn compute_total() -> u8 { 1 }\nfn main() { println!(\"{}\", compute_totl()); }"),
    ("e0432_import", "use std::collections::HashMpa;\nfn main() { let _m: HashMpa<u8, u8> = HashMpa::new(); }"),
    ("e0433_missing_use", "fn main() { let m: HashMap<u8, u8> = HashMap::new(); println!(\"{}\", m.len()); }"),
    (
        "e0412_missing_use",
        "fn f(m: &BTreeMap<u8, u8>) -> usize { m.len() }\nfn main() { println!(\"{}\", f(&Default::default())); }",
    ),
    ("e0412_typo", "struct Account;\nfn f(_: Acount) {}\nfn main() { f(Account); }"),
    ("e0308_to_string", "fn f(s: String) -> usize { s.len() }\nfn main() { println!(\"{}\", f(\"x\")); }"),
    ("e0308_borrow", "fn f(s: &String) -> usize { s.len() }\nfn main() { let s = String::new(); println!(\"{}\", f(s)); }"),
    ("e0308_semicolon", "fn f(x: u8) -> u8 { x + 1; }\nfn main() { println!(\"{}\", f(1)); }"),
    ("e0308_some", "fn f() -> Option<u8> { 1 }\nfn main() { println!(\"{:?}\", f()); }"),
    ("e0308_deref", "fn f(x: &u8) -> u8 { x }\nfn main() { println!(\"{}\", f(&1)); }"),
    ("e0308_number", "fn f(x: u64) -> u64 { x }\nfn main() { let y: u32 = 1; println!(\"{}\", f(y)); }"),
    ("e0596_mut", "fn main() { let v = Vec::new(); v.push(1); println!(\"{v:?}\"); }"),
    ("e0596_reference", "fn f(v: &Vec<u8>) { v.push(1); }\nfn main() { let mut v = Vec::new(); f(&mut v); }"),
    ("e0382_clone", "fn main() { let a = String::from(\"x\"); let b = a; println!(\"{a}{b}\"); }"),
    ("e0382_loop", "fn eat(_: String) {}\nfn main() { let a = String::new(); for _ in 0..2 { eat(a); } }"),
    ("e0599_method", "fn main() { let v = vec![1]; println!(\"{}\", v.lenght()); }"),
    ("e0599_own", "struct S;\nimpl S { fn compute(&self) -> u8 { 1 } }\nfn main() { println!(\"{}\", S.compte()); }"),
    ("e0599_trait", "fn main() { let mut s = String::new(); s.write_str(\"x\").unwrap(); println!(\"{s}\"); }"),
    (
        "e0106_return",
        "fn first(s: &str, _n: u8) -> &str { s }\nstruct S { a: &str }\nfn main() { println!(\"{}\", first(S { a: \"x\" }.a, 1)); }",
    ),
    (
        "e0106_two",
        "fn pick(a: &str, b: &str) -> &str { if a.len() > 1 { a } else { b } }\nfn main() { println!(\"{}\", pick(\"a\", \"b\")); }",
    ),
    ("e0384_mut", "fn main() { let x = 1; println!(\"{x}\"); x = 2; println!(\"{x}\"); }"),
    ("e0716_temporary", "fn main() { let s: &str = String::from(\"ab\").as_str(); println!(\"{s}\"); }"),
    (
        "e0373_move",
        "fn main() { let x = String::from(\"a\"); let t = std::thread::spawn(|| println!(\"{x}\")); t.join().unwrap(); }",
    ),
    (
        "e0507_borrow",
        "struct S { o: Option<String> }\nfn f(s: &S) -> usize { match s.o { Some(x) => x.len(), None => 0 } }\nfn main() { println!(\"{}\", f(&S { o: None })); }",
    ),
    ("e0609_field", "struct P { width: u8 }\nfn main() { let p = P { width: 1 }; println!(\"{}\", p.widht); }"),
    ("e0560_field", "struct P { width: u8 }\nfn main() { let p = P { widht: 1 }; println!(\"{}\", p.width); }"),
    (
        "e0616_method",
        "mod m { pub struct S { n: u8 } impl S { pub fn new() -> S { S { n: 1 } } pub fn n(&self) -> u8 { self.n } } }\nfn main() { println!(\"{}\", m::S::new().n); }",
    ),
    ("e0615_call", "struct S;\nimpl S { fn size(&self) -> u8 { 1 } }\nfn main() { println!(\"{}\", S.size); }"),
    (
        "e0423_struct",
        "struct S { a: u8 }\nfn main() { let s = S { a: 1 }; println!(\"{}\", s.a); let t = Strng::new(); println!(\"{t}\"); }",
    ),
    (
        "e0369_reference",
        "fn f(a: &String, b: &String) -> String { a + b }\nfn main() { println!(\"{}\", f(&\"a\".into(), &\"b\".into())); }",
    ),
    ("e0277_debug", "struct S;\nfn main() { println!(\"{:?}\", S); }"),
    ("e0277_bound", "fn show<T>(t: T) -> String { format!(\"{t}\") }\nfn main() { println!(\"{}\", show(1)); }"),
    (
        "e0621_lifetime",
        "fn f<'a>(x: &'a u8, y: &u8) -> &'a u8 { if *x > 1 { x } else { y } }\nfn main() { println!(\"{}\", f(&1, &2)); }",
    ),
    ("semicolon", "fn main() { let x = 1\n    let y = 2;\n    println!(\"{}\", x + y); }"),
    ("keyword", "fn main() { let x = 1; if x == 1 and x < 2 { println!(\"{x}\"); } }"),
    (
        "several",
        "use std::fmt::Dispaly;\nfn f(d: &dyn Dispaly) -> String { d.to_string() }\nfn main() { let v = Vec::new(); v.push(f(&1)); let s: String = \"a\"; println!(\"{v:?}{s}\"); }",
    ),
];

/// Nothing is proposed, or what is proposed does not help: not a byte changes.
const LEFT: &[(&str, &str)] = &[
    ("e0614_deref", "fn main() { let x = 1u32; println!(\"{}\", *x); }"),
    ("e0061_missing", "fn f(a: u8, b: u8) -> u8 { a + b }\nfn main() { println!(\"{}\", f(1)); }"),
    ("e0728_async", "async fn g() -> u8 { 1 }\nfn f() -> u8 { g().await }\nfn main() { let _ = f(); }"),
    // The similar name is a number, and cannot be called.
    ("worse_call", "fn main() { let z = 1; println!(\"{}\", zz(z)); }"),
    // The similar name has another type.
    ("worse_type", "fn f(x: &str) -> usize { x.len() }\nfn main() { let width = 1u8; println!(\"{width}{}\", f(widht)); }"),
    // What is guessed compiles where it stands, and not further down.
    (
        "worse_below",
        "fn main() {\n    let lines = 1u8;\n    let x = linse;\n    println!(\"{lines}\");\n    let y: Vec<u8> = x;\n    println!(\"{y:?}\");\n}",
    ),
    // `#[derive(Clone)]` would be needed as well, and cannot be.
    ("worse_clone", "struct S<'a>(&'a mut u8);\nfn main() { let mut n = 1; let a = S(&mut n); let b = a; *a.0 = 1; *b.0 = 2; }"),
    ("missing_arm", "fn main() { match Some(1) { Some(x) => println!(\"{x}\") } }"),
];

#[test]
fn what_does_not_help_leaves_every_byte() {
    let sandbox = Sandbox::new();
    for (name, source) in LEFT {
        let toml = manifest("app");
        let dir = sandbox.project(name, [("Cargo.toml", toml.as_str()), ("src/main.rs", source)]);
        let done = mend(&sandbox, &dir, &["build"], NO_VCS);
        assert_eq!(done.mended().files, 0, "{name}: {}", done.said);
        assert_eq!(fs::read_to_string(dir.join("src/main.rs")).expect("there"), *source, "{name}");
        assert!(undo(&sandbox, &dir).0.is_err(), "{name}: nothing to take back");
    }
}

/// Whatever is done, it does not make it worse; and what is not mended is as it was.
#[test]
fn real_programs_compile_after_a_mend() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for (name, source) in MENDED {
        let toml = manifest("app");
        let dir = sandbox.project(name, [("Cargo.toml", toml.as_str()), ("src/main.rs", source)]);
        let done = mend(&sandbox, &dir, &["build"], NO_VCS);
        let after = fs::read_to_string(dir.join("src/main.rs")).expect("there");
        if let Err(said) = compiles(&sandbox, &dir, &["check"]) {
            wrong.push(format!("{name}: {:?}\n{}\n{after}\n{said}", done.result, done.said));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), MENDED.len(), wrong.join("\n---\n"));
}
