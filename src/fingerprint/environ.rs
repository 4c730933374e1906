//! Environment variables in keys: the few that always count, and those that a compile is known to have read.
//!
//! The value of a variable that looks like a secret never enters a key; a compile that reads one is not cached.

use super::{Components, Part};
use crate::{
    base::{env::EnvSnapshot, secret::is_secret_name},
    rustc::{Places, linker},
};

/// Set by cargo from the package's manifest. Procedural macros read them without telling, and they are the same in every
/// checkout, so they always count.
const PACKAGE_PREFIX: &[u8] = b"CARGO_PKG_";
/// Others that change what the compiler does, or that macros are known to read.
const ALWAYS: [&str; 6] =
    ["CARGO_CRATE_NAME", "CARGO_BIN_NAME", "RUSTC_BOOTSTRAP", "RUSTC_FORCE_RUSTC_VERSION", "CLIPPY_CONF_DIR", "CLIPPY_ARGS"];

/// Adds the variables that count for every compile.
pub fn add_always(parts: &mut Components, env: &EnvSnapshot, runs_linker: bool) {
    let linking = linker::ENVIRONMENT.iter().filter(|_| runs_linker);
    for (name, value) in env.iter() {
        let counts = name.starts_with(PACKAGE_PREFIX) || ALWAYS.iter().chain(linking.clone()).any(|n| n.as_bytes() == name);
        if counts {
            parts.value(Part::Environment, &String::from_utf8_lossy(name), value);
        }
    }
}

/// Adds variables that the compile reads by name; their absence counts as well. Paths of this checkout are replaced by
/// placeholders: whether they are baked into the result is found out when the result is stored. Of a secret it counts only
/// that it is set; what reads one is refused when it is to be stored.
pub fn add_tracked(parts: &mut Components, env: &EnvSnapshot, names: &[String], places: &Places) {
    for name in names {
        match env.get_bytes(name.as_bytes()) {
            Some(_) if is_secret_name(name.as_bytes()) => parts.value(Part::Environment, name, b"a secret"),
            Some(value) => parts.value(Part::Environment, name, &[b"=", places.encode(value).as_slice()].concat()),
            None => parts.value(Part::Environment, name, b"not set"),
        }
    }
}

/// The first of these variables that is set and looks like a secret.
pub fn set_secret<'a>(env: &EnvSnapshot, names: &'a [String]) -> Option<&'a str> {
    names.iter().map(String::as_str).find(|n| is_secret_name(n.as_bytes()) && env.get(n).is_some())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::base::digest::Digest;

    fn env(vars: &[(&str, &str)]) -> EnvSnapshot {
        vars.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect()
    }

    fn key(vars: &[(&str, &str)], root: &str) -> Digest {
        let places = Places::new(root.into(), Path::new("target/deps"), None).expect("plain");
        let mut parts = Components::new("t");
        add_tracked(&mut parts, &env(vars), &["A".into(), "MY_TOKEN".into()], &places);
        parts.finish().0
    }

    #[test]
    fn value_and_presence_count_places_do_not() {
        assert_ne!(key(&[("A", "1")], "/a"), key(&[("A", "2")], "/a"));
        assert_ne!(key(&[("A", "")], "/a"), key(&[], "/a"));
        assert_ne!(key(&[("A", "not set")], "/a"), key(&[], "/a"));
        assert_eq!(key(&[("A", "1"), ("B", "1")], "/a"), key(&[("A", "1"), ("B", "2")], "/a"));
        assert_eq!(key(&[("A", "/a/x")], "/a"), key(&[("A", "/b/x")], "/b"));
    }

    #[test]
    fn of_secrets_only_the_presence_counts() {
        assert_ne!(key(&[("MY_TOKEN", "")], "/a"), key(&[], "/a"));
        assert_eq!(key(&[("MY_TOKEN", "1")], "/a"), key(&[("MY_TOKEN", "2")], "/a"));
        let names = ["A".to_owned(), "MY_TOKEN".to_owned()];
        assert_eq!(set_secret(&env(&[("A", "1"), ("MY_TOKEN", "")]), &names), Some("MY_TOKEN"));
        assert_eq!(set_secret(&env(&[("A", "1"), ("OTHER_TOKEN", "")]), &names), None);
    }

    #[test]
    fn the_package_always_counts() {
        let key = |vars: &[(&str, &str)], linking| {
            let mut parts = Components::new("t");
            add_always(&mut parts, &env(vars), linking);
            parts.finish().0
        };
        assert_ne!(key(&[("CARGO_PKG_VERSION", "1")], false), key(&[("CARGO_PKG_VERSION", "2")], false));
        assert_eq!(key(&[("LIBRARY_PATH", "1")], false), key(&[], false));
        assert_ne!(key(&[("LIBRARY_PATH", "1")], true), key(&[], true));
        assert_eq!(key(&[("TERM", "x")], true), key(&[("TERM", "y")], true));
    }
}
