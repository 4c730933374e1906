//! Which units may have the value of a secret variable in them, apart from results: incremental state, and what build scripts leave.
//!
//! It must never know a value. A unit counts as one if its compiler has read such a variable that was set, by its dependency
//! information, which tells of the latest compile whoever has made it, or if a wrapper has found a value in its outputs.
//! Where that cannot be read, the unit counts as one.

use std::{fs, path::Path};

use super::{Engine, Prepared};
use crate::{
    base::{secret::is_secret_name, sync::lock},
    rustc::depinfo::{self, DepInfo},
};

impl Engine {
    /// Notes whether the latest compile of a unit has left the value of a secret somewhere.
    pub fn note_secret(&self, prepared: &Prepared, has_one: bool) {
        let mut all = lock(&self.secretive);
        if has_one {
            all.insert(prepared.stem())
        } else {
            all.remove(&prepared.stem())
        };
    }

    /// By the output path without extension ([`Prepared::stem`]).
    pub(super) fn may_hold_secret(&self, stem: &Path) -> bool {
        self.has_noted_secret(stem) || !has_read_no_secret(stem)
    }

    /// As far as a wrapper has told.
    pub(super) fn has_noted_secret(&self, stem: &Path) -> bool {
        lock(&self.secretive).contains(stem)
    }
}

fn has_read_no_secret(stem: &Path) -> bool {
    let text = depinfo::of_stem(stem).and_then(|file| fs::read(file).ok());
    text.is_some_and(|text| !reads_one(&DepInfo::parse(&String::from_utf8_lossy(&text))))
}

/// The compiler has read a secret that was set.
pub(super) fn reads_one(dep_info: &DepInfo) -> bool {
    dep_info.env.iter().any(|(name, value)| value.is_some() && is_secret_name(name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_secrets_that_were_set_count() {
        for (line, is_clean) in [
            ("", true),
            ("# env-dep:CARGO_PKG_NAME=app\n", true),
            ("# env-dep:APP_API_TOKEN\n", true),
            ("# env-dep:APP_API_TOKEN=\n", false),
            ("# env-dep:CARGO_PKG_NAME=app\n# env-dep:APP_API_TOKEN=hunter2\n", false),
        ] {
            let text = format!("app.d: src/main.rs\n\nsrc/main.rs:\n{line}");
            assert_eq!(reads_one(&DepInfo::parse(&text)), !is_clean, "{line:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_counts() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let stem = dir.path().join("libapp-1");
        assert!(!has_read_no_secret(&stem));
        fs::write(dir.path().join("app-1.d"), "app-1: src/main.rs\n").expect("written");
        assert!(has_read_no_secret(&stem));
    }
}
