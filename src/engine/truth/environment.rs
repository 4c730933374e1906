//! The variables that a compile may depend on: what is kept of an environment to compile the same thing again later.
//!
//! Values of secrets are never kept. What is left out cannot be in a key either, except what the key names, which is kept
//! by name.

use crate::{
    base::{
        env::{EnvSnapshot, names},
        secret::is_secret_name,
    },
    rustc::linker,
};

/// Beginnings of names: cargo's and the toolchain's own, ours, and the language of messages.
const FAMILIES: [&[u8]; 4] = [b"CARGO", b"RUST", b"LC_", b"DEP_"];
/// Others that change what a compiler does or where it finds things.
const OTHERS: [&str; 18] = [
    "PATH",
    "HOME",
    "USER",
    "TMPDIR",
    "LANG",
    "LANGUAGE",
    "OUT_DIR",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "DYLD_LIBRARY_PATH",
    "DYLD_FALLBACK_LIBRARY_PATH",
    "HOST",
    "TARGET",
    "PROFILE",
    "OPT_LEVEL",
    "DEBUG",
    "CLIPPY_ARGS",
    "CLIPPY_CONF_DIR",
];
/// They belong to one build alone: its jobserver, its session, its faults.
const PASSING: [&str; 8] =
    ["CARGO_MAKEFLAGS", "MAKEFLAGS", "MFLAGS", names::SESSION, names::NESTED, names::FAILPOINT, names::SUMMARY, names::FAILURES];

/// Whether a variable says how one crate is compiled, as opposed to where and for whom.
pub fn is_of_a_unit(name: &[u8]) -> bool {
    let named = |list: &[&str]| list.iter().any(|n| n.as_bytes() == name);
    let wanted = FAMILIES.iter().any(|f| name.starts_with(f)) || named(&OTHERS) || named(&linker::ENVIRONMENT);
    wanted && !named(&PASSING) && !is_secret_name(name)
}

/// What is kept of an environment; `read` are names that the compile is known to read.
pub fn kept<'a>(env: &EnvSnapshot, read: impl Iterator<Item = &'a str>) -> EnvSnapshot {
    let read: Vec<&[u8]> = read.map(str::as_bytes).filter(|n| !is_secret_name(n)).collect();
    env.iter().filter(|(n, _)| is_of_a_unit(n) || read.contains(n)).map(|(n, v)| (n.to_vec(), v.to_vec())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_stays_and_secrets_and_sessions_go() {
        let env: EnvSnapshot = [
            "CARGO_PKG_NAME",
            "RUSTC_BOOTSTRAP",
            "RUSTC_HYPEROPT_CACHE_KEY_SALT",
            "LC_ALL",
            "PATH",
            "SDKROOT",
            "MY_OWN",
            "MY_TOKEN",
            "CARGO_REGISTRY_TOKEN",
            "CARGO_MAKEFLAGS",
            "RUSTC_HYPEROPT_SESSION",
            "DISPLAY",
        ]
        .iter()
        .map(|n| (n.as_bytes().to_vec(), b"x".to_vec()))
        .collect();
        let kept = kept(&env, ["MY_OWN", "MY_TOKEN"].into_iter());
        let names: Vec<_> = kept.iter().map(|(n, _)| String::from_utf8_lossy(n).into_owned()).collect();
        let expected =
            ["CARGO_PKG_NAME", "LC_ALL", "MY_OWN", "PATH", "RUSTC_BOOTSTRAP", "RUSTC_HYPEROPT_CACHE_KEY_SALT", "SDKROOT"];
        assert_eq!(names, expected);
    }
}
