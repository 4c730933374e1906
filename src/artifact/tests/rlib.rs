//! What rustc puts into libraries.

use std::{fs, process::Command};

use super::Shop;
use crate::artifact::rlib::{Rlib, RlibError};

fn names(bytes: &[u8]) -> Vec<String> {
    Rlib::parse(bytes).expect("an rlib").members().iter().map(|m| m.name.clone()).collect()
}

#[test]
fn members_symbols_and_metadata_are_found() {
    let shop = Shop::new(&["-Ccodegen-units=2"]);
    shop.write("a", "pub mod x { pub fn f() -> u8 { 1 } }\npub mod y { pub fn g() -> u8 { 2 } }\n");
    shop.lib("a", &[]);
    let kept = shop.keep("a", "kept");
    let bytes = kept.rlib();
    let rlib = Rlib::parse(&bytes).expect("an rlib");
    assert_eq!(rlib.metadata().expect("metadata"), kept.rmeta(), "the member holds what the file holds");
    assert_eq!(rlib.metadata_member().name, "lib.rmeta");
    let objects: Vec<_> = rlib.members().iter().filter(|m| !m.name.starts_with("lib.")).collect();
    let [one, two] = *objects else { panic!("{:?}", names(&bytes)) };
    assert!([one, two].iter().all(|m| m.name.ends_with(".rcgu.o") && m.name.len() > 16 && m.data.starts_with(b"\x7fELF")));
    assert_eq!(rlib.symbols().iter().filter(|s| s.contains("1x1f") || s.contains("1y1g")).count(), 2);
    assert_eq!(rlib.native_members().count(), 0);
}

#[test]
fn an_empty_crate_has_no_symbols() {
    let shop = Shop::new(&[]);
    shop.write("a", "#![no_std]\n");
    shop.lib("a", &[]);
    assert!(Rlib::parse(&shop.keep("a", "kept").rlib()).expect("an rlib").symbols().is_empty());
}

#[test]
fn bundled_native_libraries_are_told_apart() {
    let shop = Shop::new(&["-Lnative=."]);
    fs::write(shop.path("c.c"), "int cfun(int x) { return x + 1; }\n").expect("written");
    let object = "native_with_a_long_name.o";
    let run = |program: &str, args: &[&str]| {
        assert!(Command::new(program).args(args).current_dir(shop.dir.path()).status().expect("it runs").success());
    };
    run("cc", &["-c", "c.c", "-o", object]);
    run("ar", &["rcs", "libcnat.a", object]);
    let source = "#[link(name = \"cnat\", kind = \"static\"MORE)] extern \"C\" { pub fn cfun(x: i32) -> i32; }\n";
    shop.write("a", &source.replace("MORE", ""));
    shop.lib("a", &[]);
    let bytes = shop.keep("a", "kept").rlib();
    let rlib = Rlib::parse(&bytes).expect("an rlib");
    assert_eq!(rlib.native_members().collect::<Vec<_>>(), [object]);
    assert!(rlib.symbols().contains("cfun"));
    shop.write("a", &source.replace("MORE", ", modifiers = \"+whole-archive\""));
    shop.lib("a", &[]);
    let bytes = shop.keep("a", "kept").rlib();
    assert_eq!(Rlib::parse(&bytes).expect("an rlib").native_members().collect::<Vec<_>>(), ["libcnat.a"]);
    let archive = fs::read(shop.path("libcnat.a")).expect("read");
    assert_eq!(Rlib::parse(&archive).expect_err("no rlib"), RlibError::Metadata(0));
    run("ar", &["rcsT", "thin.a", object]);
    assert_eq!(Rlib::parse(&fs::read(shop.path("thin.a")).expect("read")).expect_err("thin"), RlibError::Thin);
    assert!(matches!(Rlib::parse(b"!<arch>\n").expect_err("empty"), RlibError::Index(_)));
    assert!(matches!(Rlib::parse(b"\x7fELF").expect_err("no archive"), RlibError::Unreadable(_)));
}
