//! A chain of three crates on disk, seen from the last one.

use std::{collections::HashMap, ffi::OsString, fs};

use super::*;
use crate::{base::digest::testing::Read, rustc::Tool};

#[derive(Default)]
struct Known(HashMap<Digest, Vec<String>>);
impl KnownExterns for Known {
    fn externs(&self, digest: &Digest, _: &Path) -> Option<Vec<String>> {
        self.0.get(digest).cloned()
    }
}

struct World {
    dir: tempfile::TempDir,
    known: Known,
}

impl World {
    fn new() -> Self {
        let mut world = Self { dir: tempfile::tempdir().expect("temporary directory"), known: Known::default() };
        world.put("libc-1.rmeta", "c", Some(&[]));
        world.put("libc-1.rlib", "c code", Some(&[]));
        world.put("libb-1.rmeta", "b", Some(&["libc-1.rmeta"]));
        world.put("libm-1.so", "macro", Some(&[]));
        world
    }

    fn put(&mut self, name: &str, content: &str, externs: Option<&[&str]>) {
        fs::write(self.dir.path().join(name), content).expect("written");
        if let Some(externs) = externs {
            self.known.0.insert(Digest::of(content.as_bytes()), externs.iter().map(|s| (*s).to_owned()).collect());
        }
    }

    fn invocation(&self, kind: &str) -> Invocation {
        let d = self.dir.path().display();
        let line = format!(
            "--crate-name a src/lib.rs --json=artifacts --crate-type {kind} --emit=metadata,link --out-dir {d} \
             -L dependency={d} --extern b={d}/libb-1.rmeta --extern m={d}/libm-1.so --extern proc_macro"
        );
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Invocation::parse(Tool::Rustc, &args, self.dir.path()).expect("parses")
    }

    fn key(&self, kind: &str) -> Digest {
        let inv = self.invocation(kind);
        let closure = Closure::of(&inv, self.dir.path(), &self.known, &Read).expect("readable");
        let mut parts = Components::new("t");
        closure.add_to(&mut parts, &inv);
        parts.finish().0
    }
}

#[test]
fn libraries_depend_on_metadata_binaries_on_code() {
    let mut world = World::new();
    let (lib, bin) = (world.key("lib"), world.key("bin"));
    world.put("libc-1.rlib", "other code", Some(&[]));
    assert_eq!(world.key("lib"), lib);
    assert_ne!(world.key("bin"), bin);
    world.put("libc-1.rmeta", "other c", Some(&[]));
    assert_ne!(world.key("lib"), lib, "two crates down");
}

#[test]
fn files_nobody_depends_on_do_not_count_unless_something_is_unknown() {
    let mut world = World::new();
    let known = world.key("lib");
    world.put("libz-9.rlib", "z", None);
    assert_eq!(world.key("lib"), known);
    world.put("libb-1.rmeta", "b from elsewhere", None);
    let unknown = world.key("lib");
    world.put("libz-9.rlib", "z changed", None);
    assert_ne!(world.key("lib"), unknown);
}

#[test]
fn macros_are_seen() {
    let mut world = World::new();
    let names = |world: &World| {
        let closure = Closure::of(&world.invocation("lib"), world.dir.path(), &world.known, &Read).expect("readable");
        closure.macros().into_iter().map(|(m, content)| (m.name, content)).collect::<Vec<_>>()
    };
    let m = ("m".to_owned(), Digest::of(b"macro"));
    assert_eq!(names(&world), std::slice::from_ref(&m));
    // One that a library passes on, and a library that is linked dynamically.
    world.put("libn-1.so", "another macro", Some(&[]));
    world.put("libd-1.so", "code", Some(&[]));
    world.put("libd-1.rlib", "code and metadata", Some(&[]));
    let n = ("n".to_owned(), Digest::of(b"another macro"));
    world.put("libb-1.rmeta", "b", Some(&["libn-1.so", "libd-1.so"]));
    assert_eq!(names(&world), [m.clone(), n.clone()]);
    // Where it is not known what is behind, every macro may be.
    world.put("libb-1.rmeta", "b from elsewhere", None);
    assert_eq!(names(&world), [m, n]);
}

#[test]
fn a_missing_direct_dependency_is_an_error() {
    let world = World::new();
    fs::remove_file(world.dir.path().join("libb-1.rmeta")).expect("removed");
    let result = Closure::of(&world.invocation("lib"), world.dir.path(), &world.known, &Read);
    assert!(matches!(result, Err(WhyNot::Input(_))));
}
