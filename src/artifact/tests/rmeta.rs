//! What is read out of real metadata.

use super::{Kept, Shop, extra_filename};
use crate::artifact::rmeta::{SourceHash, dependencies, equal_but_for_hashes, source_hash, svh};

const TEXT: &str = "// one\nfn secret(x: u64) -> u64 { x + 41 }\npub fn f(x: u64) -> u64 { secret(x) * secret(x + 1) }\n";

/// The library compiled with this text, and the hash of its source.
fn compiled(shop: &Shop, text: &str) -> (Kept, SourceHash) {
    shop.write("a", text);
    shop.lib("a", &[]);
    (shop.keep("a", &source_hash(text.as_bytes()).map(|b| format!("{b:x}")).concat()), source_hash(text.as_bytes()))
}

#[test]
fn the_crates_hash_is_what_dependents_record() {
    let shop = Shop::new(&[]);
    let (a, _) = compiled(&shop, TEXT);
    shop.write("b", "pub fn g() -> u64 { a::f(1) }\n");
    shop.lib("b", &["a"]);
    let b = shop.keep("b", "kept").rmeta();
    let hash = svh(&a.rmeta()).expect("a hash");
    assert_eq!(memchr::memmem::find_iter(&b, &hash).count(), 1);
    assert_ne!(svh(&b).expect("a hash"), hash);
}

#[test]
fn other_metadata_has_no_hash() {
    let shop = Shop::new(&[]);
    let rmeta = compiled(&shop, TEXT).0.rmeta();
    let hash = svh(&rmeta).expect("a hash");
    let spoilt = |at: usize, with: &[u8]| {
        let mut bytes = rmeta.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        svh(&bytes)
    };
    assert_eq!(spoilt(7, &[11]), None, "another version");
    assert_eq!(spoilt(8, &u64::MAX.to_le_bytes()), None, "a root outside");
    assert_eq!(spoilt(8, &20_u64.to_le_bytes()), None, "a root somewhere");
    assert_eq!(spoilt(17, b"gcc"), None, "another compiler");
    assert_eq!(svh(&rmeta[..40]), None);
    assert_eq!(svh(b""), None);
    assert_eq!(svh(&[&rmeta[..], &hash[..]].concat()), None, "the hash stands there twice");
}

#[test]
fn edits_that_only_change_hashes_are_seen_as_such() {
    for flags in [&["-Copt-level=3"][..], &["-Cdebuginfo=2"]] {
        let shop = Shop::new(flags);
        let (old, _) = compiled(&shop, TEXT);
        let (comment, comment_hash) = compiled(&shop, &TEXT.replace("one", "two"));
        assert_ne!(old.rmeta(), comment.rmeta());
        assert!(equal_but_for_hashes(&old.rmeta(), &comment.rmeta(), &[comment_hash]), "{flags:?}");
        assert!(!equal_but_for_hashes(&old.rmeta(), &comment.rmeta(), &[]), "whose hash it is must be known");
        assert!(!equal_but_for_hashes(&old.rmeta(), &comment.rmeta(), &[source_hash(b"other")]));
        let (moved, moved_hash) = compiled(&shop, &format!("\n{TEXT}"));
        assert!(!equal_but_for_hashes(&old.rmeta(), &moved.rmeta(), &[moved_hash]), "{flags:?}");
        assert!(!equal_but_for_hashes(b"", b"", &[]));
    }
}

#[test]
fn a_private_body_shows_in_optimised_metadata_only() {
    let edit = TEXT.replace("41", "42");
    for (flags, is_equal) in [(&["-Copt-level=3"][..], false), (&["-Cdebuginfo=2"], true)] {
        let shop = Shop::new(flags);
        let (old, _) = compiled(&shop, TEXT);
        let (new, hash) = compiled(&shop, &edit);
        assert_ne!(svh(&old.rmeta()), svh(&new.rmeta()));
        assert_eq!(equal_but_for_hashes(&old.rmeta(), &new.rmeta(), &[hash]), is_equal, "{flags:?}");
    }
}

#[test]
fn a_constant_that_is_a_sources_hash_is_not_overlooked() {
    let shop = Shop::new(&[]);
    let hash = source_hash(b"x");
    let text = |last: u8| {
        let bytes: String = hash[..15].iter().chain([&last]).map(|b| format!("\\x{b:02x}")).collect();
        format!("{TEXT}#[inline] pub fn h() -> &'static [u8; 16] {{ b\"{bytes}\" }}\n")
    };
    let (old, _) = compiled(&shop, &text(hash[15] ^ 1));
    let (new, own) = compiled(&shop, &text(hash[15]));
    assert_eq!(old.rmeta().len(), new.rmeta().len());
    assert!(memchr::memmem::find(&new.rmeta(), &hash).is_some());
    assert!(!equal_but_for_hashes(&old.rmeta(), &new.rmeta(), &[own, hash]));
}

#[test]
fn dependencies_are_those_that_are_used() {
    let shop = Shop::new(&[]);
    for name in ["d", "e"] {
        shop.write(name, "pub fn f() -> u8 { 1 }\n");
        shop.lib(name, &[]);
    }
    shop.write("a", "pub fn g() -> u8 { d::f() }\n");
    shop.lib("a", &["d", "e"]);
    let found = dependencies(&shop.keep("a", "kept").rmeta(), &[]).expect("dependencies");
    assert!(found.contains_key(&extra_filename("d")));
    assert!(!found.contains_key(&extra_filename("e")), "not used, not recorded: {found:?}");
    // A text that happens to read the same is no record.
    shop.write(
        "a",
        &format!("pub fn g() -> &'static str {{ {:?} }}\npub const C: &str = {:?};\n", extra_filename("d"), extra_filename("e")),
    );
    shop.lib("a", &["d", "e"]);
    let found = dependencies(&shop.keep("a", "kept").rmeta(), &["-e"]).expect("dependencies");
    assert!([extra_filename("d"), extra_filename("e")].iter().all(|extra| !found.contains_key(extra)), "{found:?}");
}

#[test]
fn unusual_names_are_found_if_they_are_known() {
    let shop = Shop::new(&[]);
    shop.write("d", "pub fn f() -> u8 { 1 }\n");
    let args = ["d.rs", "--crate-type=lib", "--emit=metadata,link", "-Cextra-filename=-odd", "--out-dir=out"];
    assert!(shop.rustc(&args).status.success());
    shop.write("a", "#![no_std]\npub fn g() -> u8 { d::f() }\n");
    let args = ["a.rs", "--crate-type=lib", "--emit=metadata", "--extern=d=out/libd-odd.rmeta", "--out-dir=out"];
    assert!(shop.rustc(&args).status.success());
    let rmeta = std::fs::read(shop.path("out/liba.rmeta")).expect("read");
    assert!(!dependencies(&rmeta, &[]).expect("core").contains_key("-odd"));
    assert!(dependencies(&rmeta, &["-odd"]).expect("core").contains_key("-odd"));
    assert!(!dependencies(&rmeta, &["-od", "odd"]).expect("core").contains_key("-od"), "not a part of a name");
    assert_eq!(dependencies(b"rust\0\0\0\x0a", &[]), None);
}
