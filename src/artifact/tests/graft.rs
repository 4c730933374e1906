//! The graft itself, and that each of its checks is needed.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Kept, PROMOTED, Shop, place};
use crate::artifact::{
    compare::differences,
    graft::{Libraries, judge_metadata},
    refused::{Refused, Side},
    rlib::Rlib,
    surface::{self, Surface, searchable},
};

const D: &str = "pub fn dd(x: u64) -> u64 { x * 3 }\n";
/// `b` shares the instance `Vec<u64>::push` with it where generics are shared.
const A: &str = "use std::fmt::Debug;
pub struct Sum { pub parts: Vec<u64> }
fn secret(x: u64) -> u64 { x + 41 }
pub fn total(n: u64) -> u64 { let mut v: Vec<u64> = Vec::new(); v.push(n); secret(v[0]) }
pub fn text<T: Debug>(t: T) -> String { format!(\"<{t:?}>\") }
impl Sum { pub fn add(&mut self, n: u64) { self.parts.push(secret(n)); } }
";
const B: &str = "pub fn both(n: u64) -> String {
    let mut v: Vec<u64> = Vec::with_capacity(2); v.push(n); v.push(a::total(n));
    let mut sum = a::Sum { parts: v }; sum.add(n);
    a::text(sum.parts)
}
";
const MAIN: &str = "fn main() { println!(\"{} {}\", b::both(1), a::total(1)); }\n";

/// `a`'s edits.
const NEW_BODY: (&str, &str) = ("x + 41", "x + 141");
const LONGER_BODY: (&str, &str) = ("x + 41", "let f = |y: u64| y + 100; f(x) + 41");
const LESS_SHARED: (&str, &str) = ("let mut v: Vec<u64> = Vec::new(); v.push(n); secret(v[0])", "secret(n)");
const FIRST_USE: (&str, &str) = ("x + 41", "d::dd(x)");

/// d, a, b and main compiled; then a edited and compiled again. What a was before, and is now.
fn edited(shop: &Shop, edit: (&str, &str), main: &str) -> (Kept, Kept) {
    shop.write("d", D);
    shop.write("a", A);
    shop.write("b", B);
    shop.write("main", main);
    shop.lib("d", &[]);
    shop.lib("a", &["d"]);
    shop.lib("b", &["a"]);
    let old = shop.keep("a", "old");
    assert_ne!(A.replace(edit.0, edit.1), A);
    shop.write("a", &A.replace(edit.0, edit.1));
    shop.lib("a", &["d"]);
    let new = shop.keep("a", "new");
    (old, new)
}

fn shop(flags: &[&str]) -> Shop {
    let mut shop = Shop::new(flags);
    if flags.contains(&"-Cincremental") {
        let dir = shop.path("incremental").display().to_string();
        shop.flags.retain(|f| f != "-Cincremental");
        shop.flags.push(format!("-Cincremental={dir}"));
    }
    shop
}

fn judge(old: &Path, new: &Path, externs: &[&Path]) -> Result<(), Refused> {
    Libraries::read(old, new)?.judge(externs)
}

fn graft(old: &Path, new: &Path, into: &Path) -> io::Result<()> {
    Libraries::read(old, new).expect("read").graft(into)
}

/// Grafts and puts the result in a's place.
fn plant(shop: &Shop, old: &Kept, new: &Kept) -> PathBuf {
    let grafted = shop.path("grafted.rlib");
    graft(&old.rlib, &new.rlib, &grafted).expect("grafted");
    place(&grafted, &shop.out("a", "rlib"));
    place(&old.rmeta, &shop.out("a", "rmeta"));
    grafted
}

fn externs(shop: &Shop) -> Vec<PathBuf> {
    vec![shop.out("d", "rmeta")]
}

fn verdict(shop: &Shop, old: &Kept, new: &Kept) -> Result<(), Refused> {
    let externs = externs(shop);
    judge(&old.rlib, &new.rlib, &externs.iter().map(PathBuf::as_path).collect::<Vec<_>>())
}

/// Linkers of this machine that are not the default.
fn linkers() -> Vec<String> {
    let is_there = |linker: &&&str| {
        let mut cc = Command::new("cc");
        let status =
            cc.arg(format!("-fuse-ld={linker}")).arg("-Wl,--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        status.is_ok_and(|s| s.success())
    };
    ["bfd", "gold", "lld", "mold", "wild"].iter().filter(is_there).map(|l| format!("-Clink-arg=-fuse-ld={l}")).collect()
}

#[test]
fn grafts_behave_as_the_new_code_in_every_mode() {
    let modes: [&[&str]; 8] = [
        &["-Cdebuginfo=0"],
        &["-Cdebuginfo=2"],
        &["-Cdebuginfo=0", "-Cincremental"],
        &["-Cdebuginfo=2", "-Cincremental"],
        &["-Copt-level=3", "-Cincremental"],
        &["-Copt-level=3", "-Cdebuginfo=2", "-Cincremental"],
        &["-Cdebuginfo=2", "-Cincremental", "-Csplit-debuginfo=unpacked"],
        &["-Cdebuginfo=2", "-Csplit-debuginfo=packed"],
    ];
    for flags in modes {
        let shop = shop(flags);
        let (old, new) = edited(&shop, LONGER_BODY, MAIN);
        assert_ne!(old.rmeta(), new.rmeta(), "{flags:?}: a closure moves definitions");
        assert_eq!(verdict(&shop, &old, &new), Ok(()), "{flags:?}");
        plant(&shop, &old, &new);
        shop.try_bin(&["a", "b"], &[]).expect("b is the old one");
        assert_eq!(shop.run(), "<[1, 142, 142]> 142\n", "{flags:?}");
        shop.write("b", &B.replace("sum.add(n);", "sum.add(n); sum.add(2);"));
        shop.lib("b", &["a"]);
        shop.try_bin(&["a", "b"], &[]).expect("b was compiled against the graft");
        assert_eq!(shop.run(), "<[1, 142, 142, 143]> 142\n", "{flags:?}");
    }
}

#[test]
fn every_linker_takes_a_graft() {
    let shop = shop(&["-Cdebuginfo=2"]);
    let (old, new) = edited(&shop, NEW_BODY, MAIN);
    plant(&shop, &old, &new);
    for linker in linkers() {
        drop(fs::remove_file(shop.path("out/main")));
        shop.try_bin(&["a", "b"], &["-Dwarnings", &linker]).unwrap_or_else(|e| panic!("{linker}: {e}"));
        assert_eq!(shop.run(), "<[1, 142, 142]> 142\n", "{linker}");
    }
}

#[test]
fn without_a_graft_the_old_dependent_is_refused() {
    let shop = shop(&["-Cdebuginfo=0"]);
    edited(&shop, NEW_BODY, MAIN);
    let complaint = shop.try_bin(&["a", "b"], &[]).expect_err("a's hash has changed");
    assert!(complaint.contains("E0460"), "{complaint}");
}

#[test]
fn lost_symbols_are_refused_because_they_are_needed() {
    let shop = shop(&["-Cdebuginfo=0"]);
    let (old, new) = edited(&shop, LESS_SHARED, MAIN);
    let refused = verdict(&shop, &old, &new).expect_err("b links to `Vec<u64>::push` of a");
    let Refused::LostSymbols { count, examples } = &refused else { panic!("{refused}") };
    assert!(*count >= 1 && examples.len() <= 3, "{refused}");
    assert!(examples.iter().all(|e| e.contains("::") && !e.contains("17h")), "{examples:?}");
    assert!(refused.to_string().contains("that dependents may link to, such as"), "{refused}");
    plant(&shop, &old, &new);
    let complaint = shop.try_bin(&["a", "b"], &[]).expect_err("a symbol is missing");
    assert!(complaint.contains("undefined symbol"), "{complaint}");
}

/// Their names change with every edit, and nobody else knows them.
#[test]
fn symbols_that_thin_lto_promoted_are_not_missed() {
    let shop = shop(&["-Copt-level=2", "-Cdebuginfo=2", "-Cincremental"]);
    shop.write("a", PROMOTED);
    shop.write("b", "pub fn both(v: u64) -> u64 { a::y::user(v) + a::x::small(v) }\n");
    shop.write("main", "fn main() { println!(\"{}\", b::both(0)); }\n");
    shop.lib("a", &[]);
    shop.lib("b", &["a"]);
    let old = shop.keep("a", "old");
    shop.write("a", &PROMOTED.replace("0x5555", "5"));
    shop.lib("a", &[]);
    let new = shop.keep("a", "new");
    let [before, after] = [old.rlib(), new.rlib()].map(|bytes| Rlib::parse(&bytes).expect("an rlib").symbols().clone());
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(!lost.is_empty() && lost.iter().all(|symbol| symbol.contains(".llvm.")), "{lost:?}");
    assert_eq!(judge(&old.rlib, &new.rlib, &[]), Ok(()));
    plant(&shop, &old, &new);
    shop.try_bin(&["a", "b"], &[]).expect("it links");
    assert_eq!(shop.run(), "25\n");
}

#[test]
fn the_first_use_of_a_dependency_is_refused_because_nobody_links_it() {
    for emit in ["dep-info,metadata,link", "dep-info,metadata"] {
        let shop = shop(&["-Cdebuginfo=0"]);
        let (old, new) = edited(&shop, FIRST_USE, MAIN);
        assert_eq!(verdict(&shop, &old, &new), Err(Refused::NewDependency("d".into())));
        let externs = externs(&shop);
        let externs: Vec<_> = externs.iter().map(PathBuf::as_path).collect();
        if emit.contains("link") {
            plant(&shop, &old, &new);
            let complaint = shop.try_bin(&["a", "b"], &[]).expect_err("d is not linked");
            assert!(complaint.contains("undefined symbol"), "{complaint}");
        } else {
            let both = judge_metadata(&old.rmeta, &new.rmeta, &externs);
            assert_eq!(both, Err(Refused::NewDependency("d".into())));
        }
        // The other way round the dependency is recorded already, and linking it does no harm.
        assert_eq!(judge_metadata(&new.rmeta, &old.rmeta, &externs), Ok(()));
        // Cargo's names are found even if nobody says what to look for.
        assert_eq!(judge_metadata(&old.rmeta, &new.rmeta, &[]), Err(Refused::NewDependency("*-0000000000000064".into())));
    }
}

#[test]
fn files_whose_names_say_nothing_are_refused() {
    let bare = PathBuf::from("out/libd.rlib");
    let refused = searchable(&[&bare]).expect_err("no extra-filename");
    assert_eq!(refused, Refused::UnsearchableDependency("out/libd.rlib".into()));
    let long = PathBuf::from(format!("libd-{}.rlib", "x".repeat(127)));
    assert!(matches!(searchable(&[&long]), Err(Refused::UnsearchableDependency(_))));
    let (one, other) = (PathBuf::from("libd-x.rlib"), PathBuf::from("libe-x.so"));
    assert_eq!(searchable(&[&one, &other]), Err(Refused::UnsearchableDependency("e".into())));
    let found = searchable(&[&one, &PathBuf::from("libd-x.rmeta")]).expect("the same crate twice");
    assert_eq!((found[0].name.as_str(), found[0].extra_filename.as_str()), ("d", "-x"));
}

#[test]
fn a_graft_changes_one_member_and_nothing_else() {
    for flags in [&["-Cdebuginfo=2"][..], &["-Cdebuginfo=2", "-Cincremental", "-Ccodegen-units=4"]] {
        let shop = shop(flags);
        let (old, new) = edited(&shop, LONGER_BODY, MAIN);
        let grafted = plant(&shop, &old, &new);
        assert_eq!(differences(&grafted, &new.rlib).expect("read"), Vec::<String>::new());
        let (old_bytes, new_bytes, grafted_bytes) = (old.rlib(), new.rlib(), fs::read(&grafted).expect("read"));
        let [old_rlib, new_rlib, both] = [&old_bytes, &new_bytes, &grafted_bytes].map(|b| Rlib::parse(b).expect("an rlib"));
        assert_ne!(old_rlib.metadata_member().data.len(), new_rlib.metadata_member().data.len(), "offsets move");
        assert_eq!(both.metadata_member().data, old_rlib.metadata_member().data);
        assert_eq!(both.symbols(), new_rlib.symbols());
        for (ours, theirs) in both.members().iter().zip(new_rlib.members()) {
            assert_eq!(ours.name, theirs.name);
            assert!(ours.name == "lib.rmeta" || ours.data == theirs.data, "{}", ours.name);
        }
        assert_eq!(indexed(&grafted_bytes), indexed(&new_bytes), "each symbol is still found in its member");
        // What rustc wrote comes back byte by byte.
        let back = shop.path("back.rlib");
        graft(&new.rlib, &grafted, &back).expect("grafted");
        assert_eq!(fs::read(&back).expect("read"), new_bytes);
        let again = shop.path("again.rlib");
        graft(&old.rlib, &new.rlib, &again).expect("grafted");
        assert_eq!(fs::read(&again).expect("read"), grafted_bytes);
        assert_eq!(graft(&old.rlib, &new.rlib, &again).expect_err("never in place").kind(), ErrorKind::AlreadyExists);
    }
}

/// Each symbol of the index with the name of the member that it leads to.
fn indexed(bytes: &[u8]) -> Vec<(String, String)> {
    let archive = object::read::archive::ArchiveFile::parse(bytes).expect("an archive");
    let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
    let symbols = archive.symbols().expect("an index").expect("one");
    let of = |symbol: object::Result<object::read::archive::ArchiveSymbol<'_>>| {
        let symbol = symbol.expect("a symbol");
        let member = archive.member(symbol.offset()).expect("a member");
        (text(symbol.name()), text(member.name()))
    };
    let found: Vec<_> = symbols.map(of).collect();
    assert!(!found.is_empty());
    found
}

#[test]
fn what_is_no_library_is_refused() {
    let shop = shop(&["-Cdebuginfo=0"]);
    let (old, new) = edited(&shop, NEW_BODY, MAIN);
    let bytes = new.rlib();
    let damaged = shop.path("damaged.rlib");
    fs::write(&damaged, &bytes[..bytes.len() / 2]).expect("written");
    let refused = judge(&old.rlib, &damaged, &[]).expect_err("half an archive");
    assert!(matches!(&refused, Refused::NotAnRlib { side: Side::New, .. }), "{refused}");
    assert!(refused.to_string().starts_with("the new library cannot be read: "), "{refused}");
    assert_eq!(graft(&damaged, &new.rlib, &shop.path("x")).expect_err("damaged").kind(), ErrorKind::InvalidData);
    assert_eq!(graft(&old.rlib, &damaged, &shop.path("x")).expect_err("damaged").kind(), ErrorKind::InvalidData);
    assert_eq!(judge_metadata(&damaged, &new.rmeta, &[]), Err(Refused::UnknownMetadata(Side::Old)));
    assert!(matches!(judge(&shop.path("none"), &new.rlib, &[]), Err(Refused::Io(_))));
}

#[test]
fn refusals_and_surfaces_can_be_kept() {
    let shop = shop(&["-Cdebuginfo=0"]);
    let (old, new) = edited(&shop, LESS_SHARED, MAIN);
    let [old, new] = [(old, Side::Old), (new, Side::New)].map(|(kept, side)| {
        let surface = Surface::of_rlib(&kept.rlib(), &[], side).expect("read");
        let bytes = postcard::to_stdvec(&surface).expect("written");
        assert_eq!(postcard::from_bytes::<Surface>(&bytes).expect("read"), surface);
        surface
    });
    let refused = surface::judge(&old, &new, &[]).expect_err("lost symbols");
    let bytes = postcard::to_stdvec(&refused).expect("written");
    assert_eq!(postcard::from_bytes::<Refused>(&bytes).expect("read"), refused);
    let native = |name: &str| Surface { native_members: [name.to_owned()].into(), ..Surface::default() };
    assert_eq!(surface::judge(&native("x.o"), &native("y.o"), &[]), Err(Refused::NativeMembers("x.o".into())));
}
