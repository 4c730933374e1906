//! Members of a workspace: taken in with everything they were made from, and laid out in the same directory again.
//!
//! Cargo compares times, which say nothing about a directory that was removed, so contents are compared before anything is
//! laid out ([`look`]): all files that the compile has read or looked for, the variables, the compiler and the linker, and
//! what the project's configuration says. What these are is told by the same lookup that answers a single compile: it is
//! made while the unit still stands in its directory, everything that it reads is written down ([`take`]), and the unit is
//! taken only if that finds an exact result with the very bytes that stand there. What stands on metadata of an earlier
//! version is no such result.
//!
//! Cargo knows the rest by its own hash of the unit (profile, features, flags, dependencies, variables that dep-info or a
//! build script names), which is part of what is laid out. Of manifests it knows only parts, so all of a package's manifest
//! and of the workspace's counts here.
//!
//! Never taken: the run of a build script that does not say what it depends on, and what cannot be found out (a library
//! directory outside of the target directory, a link to a directory). A build script that says what it depends on is
//! trusted as far as cargo trusts it.
//!
//! Only a directory without the unit is filled. Where one of another content stands (after a change of branches), cargo
//! calls it stale, and every compile is answered by itself: to look before every build whether all inputs are those of some
//! earlier build would cost each build that has nothing to do as much as it saves the few others.

mod look;
mod take;

use crate::{
    base::{
        digest::{Digest, DigestFile, KeyHasher},
        env::{EnvSnapshot, names},
    },
    cargo::call::Call,
    fingerprint::{Components, Part, environ, guard},
    rustc::{Places, WhyNot},
};

pub(super) use look::Look;

/// Beginnings of names that cargo and rustup give to variables of compilers.
const FAMILIES: [&[u8]; 3] = [b"CARGO", b"DEP_", b"RUSTUP_"];
/// Others that they, or we, set or change.
const OTHERS: [&str; 15] = [
    "OUT_DIR",
    "HOST",
    "TARGET",
    "PROFILE",
    "OPT_LEVEL",
    "DEBUG",
    "NUM_JOBS",
    "RUSTC",
    "RUSTDOC",
    "RUSTC_WRAPPER",
    "RUST_RECURSION_COUNT",
    "PATH",
    "LD_LIBRARY_PATH",
    names::CACHE_PATH,
    names::PROJECT,
];

/// Under which the members are noted that a command has made in a directory.
pub(super) fn list_key(call: &Call, root: &std::ffi::OsStr) -> Digest {
    let mut key = KeyHasher::new("members");
    key.field("call", &call.exact.0)
        .field("messages", call.messages.as_bytes())
        .field("root", root.as_encoded_bytes())
        .field("target", call.target.as_encoded_bytes());
    key.finish()
}

/// What cargo has set or changed of the variables it was started with, by the environment of one compile. Anything else that
/// is different was different when that compile was made, and does not count; `read` is what cargo itself compares.
fn set_by_cargo(compile: &EnvSnapshot, outside: &EnvSnapshot, read: &[String]) -> EnvSnapshot {
    let is_cargos = |name: &[u8]| FAMILIES.iter().any(|f| name.starts_with(f)) || OTHERS.iter().any(|o| o.as_bytes() == name);
    let is_new = |name: &[u8]| outside.get_bytes(name).is_none() && read.iter().any(|r| r.as_bytes() == name);
    let set = compile.iter().filter(|(name, value)| outside.get_bytes(name) != Some(value) && (is_cargos(name) || is_new(name)));
    set.map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

/// The environment that cargo gives to a compile.
fn given_by_cargo(outside: &EnvSnapshot, set: &EnvSnapshot) -> EnvSnapshot {
    let kept = outside.iter().filter(|(name, _)| set.get_bytes(name).is_none());
    kept.chain(set.iter()).map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

/// What stood in place of that.
fn replaced(outside: &EnvSnapshot, set: &EnvSnapshot) -> Digest {
    let values = set.iter().map(|(name, _)| [name, &[0], outside.get_bytes(name).unwrap_or(b"\0not set")].concat());
    KeyHasher::new("replaced variables").list("values", values).finish()
}

/// The values of variables outside of cargo.
fn values(outside: &EnvSnapshot, names: &[String]) -> Digest {
    let values = names.iter().map(|name| outside.get_bytes(name.as_bytes()).unwrap_or(b"\0not set"));
    KeyHasher::new("values of variables").list("values", values).finish()
}

/// What of a compile neither cargo nor a list of files tells.
struct Untracked<'a> {
    /// Read by the compiler, and by macros.
    variables: [&'a [String]; 2],
    macro_root: Option<&'a std::path::Path>,
    /// Declared by the project.
    extra: &'a [std::path::PathBuf],
}

impl Untracked<'_> {
    fn digest(&self, env: &EnvSnapshot, places: &Places, files: &dyn DigestFile) -> Result<Digest, WhyNot> {
        let mut parts = Components::new("untracked");
        self.variables.iter().for_each(|names| environ::add_tracked(&mut parts, env, names, places));
        for path in self.extra {
            parts.value(Part::Source, &path.to_string_lossy(), b"declared");
        }
        if let Some(root) = self.macro_root {
            guard::add_macro_inputs(&mut parts, root, places, files)?;
        }
        Ok(parts.finish().0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(vars: &[(&str, &str)]) -> EnvSnapshot {
        vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
    }

    #[test]
    fn what_cargo_sets_is_kept_and_what_a_user_sets_is_todays() {
        let outside = env(&[("MINE", "1"), ("PATH", "/bin"), ("SAME", "1")]);
        let compile =
            env(&[("CARGO_PKG_NAME", "a"), ("MINE", "0"), ("PATH", "/rustup:/bin"), ("SAME", "1"), ("TOLD", "x"), ("GONE", "x")]);
        let set = set_by_cargo(&compile, &outside, &["TOLD".into(), "MINE".into()]);
        assert_eq!(set, env(&[("CARGO_PKG_NAME", "a"), ("PATH", "/rustup:/bin"), ("TOLD", "x")]));
        let today = env(&[("MINE", "2"), ("PATH", "/bin")]);
        let given = given_by_cargo(&today, &set);
        assert_eq!(given, env(&[("CARGO_PKG_NAME", "a"), ("MINE", "2"), ("PATH", "/rustup:/bin"), ("TOLD", "x")]));
        assert_eq!(replaced(&outside, &set), replaced(&today, &set));
        assert_ne!(replaced(&outside, &set), replaced(&env(&[("PATH", "/other")]), &set));
        assert_ne!(replaced(&outside, &set), replaced(&env(&[("PATH", "/bin"), ("TOLD", "y")]), &set));
    }
}
