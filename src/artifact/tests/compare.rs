//! What a comparison sees and does not see.

use std::fs;

use super::{PROMOTED, Shop};
use crate::artifact::compare::{differences, of_bytes};

const TEXT: &str = "// one comment
static TABLE: [&str; 2] = [\"red\", \"green\"];
#[inline(never)] fn left(x: u64) -> u64 { x ^ 0x1234 }
#[inline(never)] fn right(x: u64) -> u64 { x ^ 0x4321 }
pub fn pick(x: u64) -> u64 { left(x) + 7 }
pub fn name(x: usize) -> &'static str { TABLE[x & 1] }
pub fn other(x: u64) -> u64 { right(x) + left(x) }
pub fn list(x: u64) -> Vec<u64> { let mut v = Vec::new(); v.push(pick(x)); v }
";

/// How the library differs after an edit.
fn after(flags: &[&str], from: &str, to: &str) -> Vec<String> {
    after_in(TEXT, flags, from, to)
}

fn after_in(text: &str, flags: &[&str], from: &str, to: &str) -> Vec<String> {
    let shop = Shop::new(flags);
    shop.write("a", text);
    shop.lib("a", &[]);
    let old = shop.keep("a", "old");
    assert!(text.contains(from));
    shop.write("a", &text.replace(from, to));
    shop.lib("a", &[]);
    let found = differences(&old.rlib, &shop.keep("a", "new").rlib).expect("read");
    assert!(found.iter().all(|what| what.starts_with("a-") && what.contains(".rcgu.o: ")), "{found:?}");
    found
}

fn assert_seen(found: &[String], what: &str) {
    assert!(found.iter().any(|sentence| sentence.contains(what)), "{what} is not in {found:#?}");
}

#[test]
fn changes_are_seen() {
    for flags in [&["-Cdebuginfo=2"][..], &["-Copt-level=2", "-Cdebuginfo=2"]] {
        assert_seen(&after(flags, "0x1234", "0x1235"), "section .text");
        let retargeted = after(flags, "left(x) + 7", "right(x) + 7");
        let [only] =
            &*retargeted.into_iter().filter(|what| what.contains("section .text.") && what.contains("4pick")).collect::<Vec<_>>()
        else {
            panic!("the call in `pick` goes elsewhere");
        };
        assert!(only.contains("4left") && only.contains("5right"), "{only}");
        assert_seen(&after(flags, "\"red\"", "\"rad\""), "section .rodata");
        assert_seen(&after(flags, "\"red\"", "\"reds\""), "section .data.rel.ro");
        assert_seen(&after(flags, "fn pick(x: u64) -> u64 { ", "fn pick(x: u64) -> u64 {\n"), "section .debug_line differs");
        assert_seen(&after(flags, "pub fn other", "pub fn another"), "symbol a::another (");
        assert_seen(
            &after(flags, "other(x: u64) -> u64 { right(x) + left(x) }", "other(y: u64) -> u64 { right(y) + left(y) }"),
            "section .debug_str",
        );
    }
}

#[test]
fn a_comment_is_not_seen() {
    let modes: [&[&str]; 8] = [
        &["-Cdebuginfo=0"],
        &["-Cdebuginfo=2"],
        &["-Cdebuginfo=2", "-Cdwarf-version=5"],
        &["-Copt-level=3", "-Cdebuginfo=2", "-Ccodegen-units=4"],
        &["-Copt-level=1", "-Cdebuginfo=2", "-Cincremental=incremental"],
        &["-Copt-level=3", "-Cdebuginfo=2", "-Cincremental=incremental", "-Cdwarf-version=5"],
        &["-Cdebuginfo=2", "-Cincremental=incremental", "-Csymbol-mangling-version=v0"],
        &["-Copt-level=2", "-Cdebuginfo=2", "-Cembed-bitcode=yes"],
    ];
    for flags in modes {
        assert_eq!(after(flags, "one comment", "two comment"), Vec::<String>::new(), "{flags:?}");
        assert_eq!(after_in(PROMOTED, flags, "one comment", "two comment"), Vec::<String>::new(), "{flags:?}");
    }
}

#[test]
fn programs_and_shared_libraries_are_compared_too() {
    for (flags, main) in
        [("--crate-type=bin", "main"), ("--crate-type=cdylib", "libmain.so"), ("--crate-type=dylib", "libmain.so")]
    {
        let shop = Shop::new(&["-Cdebuginfo=2", "-Cincremental=incremental", "-Clink-arg=-Wl,--build-id", flags]);
        let text = "// one\n#[no_mangle] pub extern \"C\" fn f(x: u32) -> u32 { x + 3 }\npub fn main() { f(1); }\n";
        let built = |text: &str, under: &str| {
            shop.write("main", text);
            shop.try_bin(&[], &[]).expect("it compiles");
            let kept = shop.path(under);
            fs::copy(shop.path("out").join(main), &kept).expect("copied");
            kept
        };
        let first = built(text, "first");
        let comment = built(&text.replace("one", "two"), "comment");
        let constant = built(&text.replace("x + 3", "x + 4"), "constant");
        assert_eq!(differences(&first, &comment).expect("read"), Vec::<String>::new(), "{flags}");
        assert_seen(&differences(&first, &constant).expect("read"), "section .text differs from byte");
    }
}

#[test]
fn other_files_are_compared_byte_by_byte() {
    assert_eq!(of_bytes(b"abc", b"abc"), Vec::<String>::new());
    assert_eq!(of_bytes(b"abc", b"abd"), ["differs from byte 0x2 on"]);
    assert_eq!(of_bytes(b"abc", b"abcd"), ["has 3 bytes in one and 4 in the other"]);
    assert_eq!(of_bytes(b"abc", b"!<arch>\n"), ["only one of them is an archive"]);
}

/// Random names of objects and reused objects are no differences.
#[test]
fn incremental_and_fresh_compiles_are_equal() {
    let main = "fn main() { println!(\"{:?} {}\", a::list(3), a::name(1)); }\n";
    for flags in [&["-Cdebuginfo=2"][..], &["-Copt-level=3", "-Cdebuginfo=2"], &["-Copt-level=1"]] {
        let mut shop = Shop::new(flags);
        let built = |shop: &mut Shop, text: &str, incremental: &str, under: &str| {
            shop.flags.push(format!("-Cincremental={incremental}"));
            shop.write("a", text);
            shop.write("main", main);
            shop.lib("a", &[]);
            shop.try_bin(&["a"], &[]).expect("it compiles");
            shop.flags.pop();
            fs::copy(shop.path("out/main"), shop.path(under)).expect("copied");
            shop.keep("a", under).rlib
        };
        built(&mut shop, TEXT, "used", "before");
        let edited = TEXT.replace("0x1234", "0x1235");
        let reused = built(&mut shop, &edited, "used", "one");
        let fresh = built(&mut shop, &edited, "fresh", "other");
        assert_ne!(fs::read(&reused).expect("read"), fs::read(&fresh).expect("read"), "names of objects are random");
        assert_eq!(differences(&reused, &fresh).expect("read"), Vec::<String>::new(), "{flags:?}");
        let [reused, fresh] = ["one", "other"].map(|name| shop.path(name));
        assert_eq!(differences(&reused, &fresh).expect("read"), Vec::<String>::new(), "{flags:?}");
    }
}
