//! Every part of the invocation key: what changes it and what does not.

use std::{ffi::OsString, path::Path};

use super::*;
use crate::rustc::Tool;

const BASE: &str = "--crate-name a --edition=2021 src/lib.rs --json=artifacts --crate-type bin --emit=dep-info,link \
    -C metadata=1 -C extra-filename=-1 --out-dir /t/deps -L dependency=/t/deps --cfg feature=\"x\"";

struct Case {
    line: String,
    cwd: &'static str,
    toolchain: Toolchain,
    linker: Option<Digest>,
    env: Vec<(Vec<u8>, Vec<u8>)>,
    salt: Salt,
}

impl Case {
    fn new(extra: &str) -> Self {
        let toolchain = Toolchain {
            key: Digest::of(b"t"),
            version: "rustc 1.95.0".into(),
            host: "h".into(),
            sysroot: "/s".into(),
            can_scope_remaps: true,
            links_with_lld: false,
            cranelift: false,
        };
        let line = format!("{BASE} {extra}");
        Self { line, cwd: "/w", toolchain, linker: Some(Digest::of(b"l")), env: Vec::new(), salt: Salt::default() }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Digest {
        change(&mut self);
        self.key().key
    }

    fn key(&self) -> InvocationKey {
        let args: Vec<OsString> = self.line.split_whitespace().map(OsString::from).collect();
        let inv = Invocation::parse(Tool::Rustc, &args, Path::new(self.cwd)).expect("parses");
        let places = Places::new(self.cwd.into(), &inv.out_dir, None).expect("plain");
        key(&inv, &places, &self.toolchain, self.linker, &self.env.iter().cloned().collect(), &self.salt)
    }
}

#[test]
fn what_changes_the_key() {
    let base = Case::new("").key().key;
    for extra in [
        "--cfg feature=\"y\"",
        "--cfg z",
        "-C opt-level=1",
        "-l static=z",
        "--target x86_64-unknown-none",
        "-C incremental=/i",
        "-C link-arg=-s",
        "-C linker=ld",
        "--remap-path-prefix=a=b",
        "-C target-cpu=native",
        "-D warnings",
    ] {
        assert_ne!(Case::new(extra).key().key, base, "{extra}");
    }
    let with = |change: fn(&mut Case)| Case::new("").with(change);
    assert_ne!(with(|c| c.toolchain.key = Digest::of(b"u")), base, "toolchain");
    assert_ne!(with(|c| c.linker = Some(Digest::of(b"m"))), base, "linker");
    assert_ne!(with(|c| c.env.push((b"CARGO_PKG_VERSION".into(), b"2".into()))), base, "package");
    assert_ne!(with(|c| c.salt.salt = "s".into()), base, "salt");
    assert_ne!(with(|c| c.salt.env = vec!["X".into()]), base, "key_env");
    assert_ne!(with(|c| c.toolchain.can_scope_remaps = false), base, "an old compiler bakes the directory in");
}

#[test]
fn what_does_not_change_the_key() {
    let base = Case::new("").key().key;
    for extra in ["--out-dir /elsewhere", "-L dependency=/elsewhere", "--diagnostic-width=99"] {
        assert_eq!(Case::new(extra).key().key, base, "{extra}");
    }
    assert_eq!(Case::new("").with(|c| c.cwd = "/elsewhere"), base);
    assert_eq!(Case::new("").with(|c| c.env.push((b"TERM".into(), b"x".into()))), base);
    assert_eq!(Case::new("-C incremental=/i").key().key, Case::new("-C incremental=/j").key().key);
}

#[test]
fn only_members_move() {
    let absolute = |cwd| {
        let mut case = Case::new("");
        case.line = case.line.replace("src/lib.rs", "/r/src/lib.rs");
        case.cwd = cwd;
        case.key()
    };
    assert!(Case::new("").key().relocatable && !absolute("/w").relocatable);
    assert_ne!(absolute("/w").key, absolute("/v").key);
}

#[test]
fn a_changed_feature_is_named_before_cargos_hash() {
    let old = Case::new("").key().components;
    let mut new = Case::new("--cfg feature=\"y\"");
    new.line = new.line.replace("metadata=1", "metadata=2");
    let changes = crate::fingerprint::explain::differences(&old, &new.key().components);
    let names: Vec<_> = changes.iter().map(|c| (c.part, c.name.as_str())).collect();
    assert_eq!(names, [(Part::Feature, "y"), (Part::Argument, "-C metadata")]);
}
