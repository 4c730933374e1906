//! Environment variables: the names that mean something to us, and a snapshot that can be sent and searched.
//!
//! The process environment is read here and nowhere else.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::PathBuf,
};

use serde_bytes::ByteBuf;

/// Variables that switch or configure this program.
pub mod names {
    /// `off`, `0` or `false`: behave as if we were not there.
    pub const SWITCH: &str = "RUSTC_HYPEROPT";
    /// The store's directory.
    pub const CACHE_PATH: &str = "RUSTC_HYPEROPT_CACHE_PATH";
    /// The directory where the project's own configuration was found by the CLI.
    pub const PROJECT: &str = "RUSTC_HYPEROPT_PROJECT";
    /// Set for every compiler we start, so that a wrapper below us steps aside.
    pub const NESTED: &str = "RUSTC_HYPEROPT_NESTED";
    /// Identifies one build of the CLI, so that its summary counts only its own units.
    pub const SESSION: &str = "RUSTC_HYPEROPT_SESSION";
    /// How the names of sessions begin that nobody waits for: they run at the lowest priority.
    pub const IN_BACKGROUND: &str = "warmup-";
    /// Of those that `watch` has compiled ahead; they begin with [`IN_BACKGROUND`].
    pub const AHEAD: &str = "warmup-ahead-";
    /// A user-level configuration file in place of the default one.
    pub const CONFIG: &str = "RUSTC_HYPEROPT_CONFIG";
    /// Name of a point at which the process kills itself; only tests set it.
    pub const FAILPOINT: &str = "RUSTC_HYPEROPT_FAILPOINT";
    /// `always`, `never` or `auto` (on a terminal): the line that ends a build.
    pub const SUMMARY: &str = "RUSTC_HYPEROPT_SUMMARY";
    /// The rustdoc that stands behind our own `RUSTDOC`.
    pub const REAL_RUSTDOC: &str = "RUSTC_HYPEROPT_RUSTDOC";
    /// The directory into which a wrapper writes what a compile that failed has said; it is made when there is something.
    pub const FAILURES: &str = "RUSTC_HYPEROPT_FAILURES";
    /// The key for a model on a server that wants one, with `llm.provider = "local"`.
    pub const LLM_KEY: &str = "RUSTC_HYPEROPT_LLM_KEY";
    /// A shell asks for completions, and this is which.
    pub const COMPLETE: &str = "RUSTC_HYPEROPT_COMPLETE";
    /// How the names of all our variables begin; `RUSTC_HYPEROPT_<SECTION>_<KEY>` sets a configuration key.
    pub const PREFIX: &str = "RUSTC_HYPEROPT_";
    /// Variables of ours that are not configuration keys. Anything else that begins with [`PREFIX`] is taken for a typing
    /// error and reported, so a new name must be added here too.
    pub const SWITCHES: [&str; 10] =
        [PROJECT, NESTED, SESSION, SUMMARY, CONFIG, FAILPOINT, REAL_RUSTDOC, FAILURES, LLM_KEY, COMPLETE];
}

/// A variable of this process, if it is set and not empty.
pub fn var(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|v| !v.is_empty())
}

/// A variable as a path.
pub fn path(name: &str) -> Option<PathBuf> {
    var(name).map(PathBuf::from)
}

/// A variable as text; a value that is not Unicode counts as not set.
pub fn text(name: &str) -> Option<String> {
    var(name).and_then(|v| v.into_string().ok())
}

/// The user's home directory.
pub fn home() -> Option<PathBuf> {
    path("HOME")
}

fn means_off(value: &str) -> bool {
    matches!(value, "off" | "0" | "false" | "no")
}

/// Variables as bytes, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct EnvSnapshot(Vec<(ByteBuf, ByteBuf)>);

impl EnvSnapshot {
    /// Everything in this process's environment.
    pub fn current() -> Self {
        std::env::vars_os().map(|(k, v)| (k.into_vec(), v.into_vec())).collect()
    }

    /// The value of `name`.
    pub fn get(&self, name: &str) -> Option<&OsStr> {
        self.get_bytes(name.as_bytes()).map(OsStr::from_bytes)
    }

    /// The value of a name that need not be Unicode.
    pub fn get_bytes(&self, name: &[u8]) -> Option<&[u8]> {
        self.0.binary_search_by(|(k, _)| k.as_slice().cmp(name)).ok().map(|i| self.0[i].1.as_slice())
    }

    /// The value of `name` as a path, if it is set and not empty.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        self.get(name).filter(|v| !v.is_empty()).map(PathBuf::from)
    }

    /// Whether nobody waits for this build.
    pub fn is_in_background(&self) -> bool {
        self.get_bytes(names::SESSION.as_bytes()).is_some_and(|s| s.starts_with(names::IN_BACKGROUND.as_bytes()))
    }

    /// Whether the user has switched us off.
    pub fn switched_off(&self) -> bool {
        self.get(names::SWITCH).and_then(OsStr::to_str).is_some_and(means_off)
    }

    /// All variables in order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.0.iter().map(|(k, v)| (k.as_slice(), v.as_slice()))
    }

    /// A copy in which `change` has replaced values; `None` removes the variable.
    pub fn map_values(self, change: impl Fn(&[u8], Vec<u8>) -> Option<Vec<u8>>) -> Self {
        Self(self.0.into_iter().filter_map(|(k, v)| change(&k, v.into_vec()).map(|v| (k, ByteBuf::from(v)))).collect())
    }
}

impl FromIterator<(Vec<u8>, Vec<u8>)> for EnvSnapshot {
    fn from_iter<I: IntoIterator<Item = (Vec<u8>, Vec<u8>)>>(iter: I) -> Self {
        let mut all: Vec<(ByteBuf, ByteBuf)> = iter.into_iter().map(|(k, v)| (k.into(), v.into())).collect();
        all.sort();
        all.dedup_by(|a, b| a.0 == b.0);
        Self(all)
    }
}
