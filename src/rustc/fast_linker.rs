//! Linkers that are faster than the system's: which of them are installed, which one a compile gets, and the arguments that
//! make rustc use it.
//!
//! It must never replace a choice that the user has made in cargo's configuration, nor touch what is not a program, a test
//! or a shared library for this machine: build scripts and procedural macros are linked once and reused by everybody. What
//! is not installed is not used, and nothing fails.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::{Path, PathBuf},
};

use super::{CrateType, Invocation, Tool, toolchain::Toolchain};
use crate::{
    base::{env::EnvSnapshot, process::which},
    config::Linker,
};

/// A linker of its own make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brand {
    Wild,
    Mold,
    Lld,
}

impl Brand {
    /// All of them, the fastest first: the order in which [`Linker::Auto`] takes them. Measured on two processors with a debug
    /// build of ripgrep: wild 0.10, rustc's lld 22, lld 14, mold 1.10, and far behind, GNU ld.
    pub const ALL: [Self; 3] = [Self::Wild, Self::Lld, Self::Mold];

    /// The name that is configured and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wild => "wild",
            Self::Mold => "mold",
            Self::Lld => "lld",
        }
    }

    /// Whether it is what a setting asks for.
    pub fn serves(self, wanted: Linker) -> bool {
        match wanted {
            Linker::System => false,
            Linker::Auto => true,
            Linker::Mold => self == Self::Mold,
            Linker::Lld => self == Self::Lld,
            Linker::Wild => self == Self::Wild,
        }
    }

    /// The program, as it is installed.
    fn program(self) -> &'static str {
        match self {
            Self::Wild => "wild",
            Self::Mold => "mold",
            Self::Lld => "ld.lld",
        }
    }
}

/// A linker that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    pub brand: Brand,
    pub program: PathBuf,
}

/// What there is, and what a program that is built now is linked by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The fastest first.
    pub installed: Vec<Installed>,
    /// Ours, if one is configured and there.
    pub ours: Option<Installed>,
    /// Who links where none of ours does.
    pub otherwise: &'static str,
}

/// Those that are on `PATH`, the fastest first.
pub fn installed(env: &EnvSnapshot, cwd: &Path) -> Vec<Installed> {
    Brand::ALL.into_iter().filter_map(|brand| found(brand, env, cwd)).collect()
}

/// Looks for linkers on `PATH`.
pub fn survey(wanted: Linker, toolchain: &Toolchain, env: &EnvSnapshot, cwd: &Path) -> Survey {
    Survey { installed: installed(env, cwd), ours: wanted_here(wanted, toolchain, env, cwd), otherwise: without_us(toolchain) }
}

/// Who links for this machine if nobody is named.
pub fn without_us(toolchain: &Toolchain) -> &'static str {
    if toolchain.links_with_lld { "the toolchain's lld" } else { "the system's linker" }
}

/// The linker that this compile gets from us; `None` if rustc and cargo decide.
pub fn pick(wanted: Linker, inv: &Invocation, toolchain: &Toolchain, env: &EnvSnapshot, cwd: &Path) -> Option<Installed> {
    if wanted == Linker::System || !may_choose(inv, toolchain) {
        return None;
    }
    wanted_here(wanted, toolchain, env, cwd)
}

/// Whether the compile links something that we may link, and nobody else has said how.
pub fn may_choose(inv: &Invocation, toolchain: &Toolchain) -> bool {
    let linked = inv.test || inv.crate_types.iter().any(|t| matches!(t, CrateType::Bin | CrateType::Dylib | CrateType::Cdylib));
    // Only there is it certain that rustc calls a C compiler that looks for `ld` in the directories it is given.
    let known = toolchain.host.ends_with("-linux-gnu") && inv.target.as_ref().is_none_or(|t| *t == toolchain.host);
    inv.tool == Tool::Rustc && inv.links && linked && inv.kind() != "build-script" && known && !is_chosen(inv)
}

/// The user has said who links.
pub fn is_chosen(inv: &Invocation) -> bool {
    let chooses = |a: &OsString| ["-fuse-ld", "-B", "--ld-path"].iter().any(|p| a.as_bytes().starts_with(p.as_bytes()));
    let by_option = ["linker-flavor", "linker-features", "link-self-contained", "linker-plugin-lto"];
    inv.linker.is_some() || inv.link_args.iter().any(chooses) || by_option.iter().any(|o| inv.codegen(o).is_some())
}

fn wanted_here(wanted: Linker, toolchain: &Toolchain, env: &EnvSnapshot, cwd: &Path) -> Option<Installed> {
    for brand in Brand::ALL.into_iter().filter(|b| b.serves(wanted)) {
        // What the toolchain does by itself need not be asked for.
        if brand == Brand::Lld && toolchain.links_with_lld {
            return None;
        }
        if let Some(found) = found(brand, env, cwd) {
            return Some(found);
        }
    }
    None
}

fn found(brand: Brand, env: &EnvSnapshot, cwd: &Path) -> Option<Installed> {
    let path = env.get("PATH").unwrap_or_default();
    let program = which(OsStr::new(brand.program()), path, cwd)?.canonicalize().ok()?;
    Some(Installed { brand, program })
}

/// What the C compiler is told: to look for its programs in `dir` first, where one of them is called `ld`.
pub fn search(dir: &Path) -> OsString {
    let mut argument = OsString::from("-B");
    argument.push(dir);
    argument
}

/// What rustc itself tells the C compiler about who links for this machine; nothing where that is the system's linker.
pub fn own_choice(toolchain: &Toolchain) -> Vec<OsString> {
    if !toolchain.links_with_lld {
        return Vec::new();
    }
    let dir = toolchain.sysroot.join("lib/rustlib").join(&toolchain.host).join("bin/gcc-ld");
    vec![search(&dir), "-fuse-ld=lld".into()]
}

/// What rustc is told. It comes behind cargo's arguments and changes no part of what is compiled.
pub fn arguments(dir: &Path, toolchain: &Toolchain) -> Vec<OsString> {
    let mut link_arg = OsString::from("-Clink-arg=");
    link_arg.push(search(dir));
    // There rustc says `-fuse-ld=lld` itself, which counts more than a directory.
    let features = toolchain.links_with_lld.then(|| OsString::from("-Clinker-features=-lld"));
    features.into_iter().chain([link_arg]).collect()
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::base::digest::Digest;

    fn toolchain(links_with_lld: bool) -> Toolchain {
        Toolchain {
            key: Digest::of(b"t"),
            version: "rustc 1.95.0".into(),
            host: "x86_64-unknown-linux-gnu".into(),
            sysroot: "/s".into(),
            can_scope_remaps: true,
            links_with_lld,
            cranelift: false,
        }
    }

    fn parsed(extra: &str) -> Invocation {
        let line = format!("--crate-name a src/main.rs --json=artifacts --emit=dep-info,link --out-dir /t/deps {extra}");
        let args: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Invocation::parse(Tool::Rustc, &args, Path::new("/")).expect("parses")
    }

    fn with_programs(names: &[&str]) -> (tempfile::TempDir, EnvSnapshot) {
        let dir = tempfile::tempdir().expect("temporary directory");
        for name in names {
            let path = dir.path().join(name);
            fs::write(&path, "").expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("set");
        }
        let env = [(b"PATH".to_vec(), dir.path().as_os_str().as_bytes().to_vec())].into_iter().collect();
        (dir, env)
    }

    #[test]
    fn only_what_is_linked_for_this_machine_and_not_decided_otherwise() {
        for (extra, expected) in [
            ("--crate-type bin", true),
            ("--test", true),
            ("--crate-type cdylib", true),
            ("--crate-type lib --crate-type dylib", true),
            ("--crate-type bin --target x86_64-unknown-linux-gnu", true),
            ("--crate-type lib", false),
            ("--crate-type proc-macro", false),
            ("--crate-type bin --target x86_64-unknown-linux-musl", false),
            ("--crate-type bin -C linker=clang", false),
            ("--crate-type bin -C link-arg=-fuse-ld=gold", false),
            ("--crate-type bin -C link-args=-Wl,-x -B/x", false),
            ("--crate-type bin -C linker-flavor=gcc", false),
        ] {
            let extra = extra.replace("-x -B", "-x -C link-arg=-B");
            assert_eq!(may_choose(&parsed(&extra), &toolchain(true)), expected, "{extra}");
        }
        let script = parsed("--crate-type bin --crate-name build_script_build");
        assert!(!may_choose(&script, &toolchain(true)));
    }

    #[test]
    fn the_one_that_is_named_or_the_first_that_is_there() {
        let (_dir, env) = with_programs(&["mold", "ld.lld"]);
        let picked = |wanted, lld| wanted_here(wanted, &toolchain(lld), &env, Path::new("/")).map(|i| i.brand);
        assert_eq!((picked(Linker::Auto, true), picked(Linker::Auto, false)), (None, Some(Brand::Lld)));
        assert_eq!(picked(Linker::Mold, true), Some(Brand::Mold));
        assert_eq!((picked(Linker::Wild, true), picked(Linker::System, true)), (None, None));
        assert_eq!((picked(Linker::Lld, true), picked(Linker::Lld, false)), (None, Some(Brand::Lld)), "rustc does it itself");
        let (_dir, env) = with_programs(&["mold", "wild"]);
        let picked = |lld| wanted_here(Linker::Auto, &toolchain(lld), &env, Path::new("/")).map(|i| i.brand);
        assert_eq!((picked(true), picked(false)), (Some(Brand::Wild), Some(Brand::Wild)));
        let (_dir, env) = with_programs(&["ld.lld"]);
        let survey = survey(Linker::Auto, &toolchain(true), &env, Path::new("/"));
        assert_eq!((survey.installed.len(), survey.ours, survey.otherwise), (1, None, "the toolchain's lld"));
    }

    #[test]
    fn rustc_is_told_to_leave_its_own_choice_only_where_it_has_one() {
        let words = |lld| arguments(Path::new("/s/mold"), &toolchain(lld));
        assert_eq!(words(true), ["-Clinker-features=-lld", "-Clink-arg=-B/s/mold"]);
        assert_eq!(words(false), ["-Clink-arg=-B/s/mold"]);
    }
}
