//! The few keys of cargo's own configuration that decide where a build goes.
//!
//! Files are read from the working directory upwards and from cargo's home, the nearest first; then `--config` on the
//! command line and variables count more. A file that cannot be read is passed over: cargo will complain about it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::base::env::EnvSnapshot;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    pub target_dir: Option<PathBuf>,
    /// As given: it may hold placeholders.
    pub build_dir: Option<PathBuf>,
    pub target: Vec<String>,
    pub rustc: Option<String>,
    /// One directory per unit.
    pub per_unit: bool,
    /// The files, one after the other.
    pub texts: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct File {
    build: Build,
    unstable: Unstable,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Build {
    target_dir: Option<String>,
    build_dir: Option<String>,
    target: Option<OneOrMore>,
    rustc: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
struct Unstable {
    build_dir_new_layout: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl Settings {
    /// Reads files, then `given` (the values of `--config`), then the environment.
    pub fn read(cwd: &Path, cargo_home: &Path, given: &[String], env: &EnvSnapshot) -> Self {
        let mut all = Self::default();
        let on_the_way = cwd.ancestors().map(|dir| dir.join(".cargo"));
        let mut dirs: Vec<PathBuf> = on_the_way.filter(|d| d != cargo_home).collect();
        dirs.push(cargo_home.to_owned());
        // Farthest first, so that what is nearer replaces it.
        for dir in dirs.iter().rev() {
            // Cargo prefers the old name where both exist.
            let text = ["config", "config.toml"].iter().find_map(|name| fs::read_to_string(dir.join(name)).ok());
            all.take(text, dir.parent().unwrap_or(dir));
        }
        for value in given {
            let text = if value.contains('=') { Some(value.clone()) } else { fs::read_to_string(cwd.join(value)).ok() };
            all.take(text, cwd);
        }
        all.overlay(cwd, env);
        all
    }

    fn take(&mut self, text: Option<String>, base: &Path) {
        let Some(text) = text else { return };
        if let Ok(File { build, unstable }) = toml::from_str(&text) {
            self.target_dir = build.target_dir.map(|d| base.join(d)).or(self.target_dir.take());
            self.build_dir = build.build_dir.map(|d| base.join(d)).or(self.build_dir.take());
            self.rustc = build.rustc.or(self.rustc.take());
            self.per_unit |= unstable.build_dir_new_layout;
            match build.target {
                Some(OneOrMore::One(one)) => self.target = vec![one],
                Some(OneOrMore::More(more)) => self.target = more,
                None => {}
            }
        }
        self.texts.push(text);
    }

    fn overlay(&mut self, cwd: &Path, env: &EnvSnapshot) {
        let path = |name: &str| env.path(name).map(|p| cwd.join(p));
        let text = |name: &str| env.get(name).and_then(|v| v.to_str()).filter(|v| !v.is_empty()).map(str::to_owned);
        self.target_dir = path("CARGO_TARGET_DIR").or_else(|| path("CARGO_BUILD_TARGET_DIR")).or(self.target_dir.take());
        self.build_dir = path("CARGO_BUILD_BUILD_DIR").or(self.build_dir.take());
        self.rustc = text("RUSTC").or_else(|| text("CARGO_BUILD_RUSTC")).or(self.rustc.take());
        if let Some(target) = text("CARGO_BUILD_TARGET") {
            self.target = vec![target];
        }
        self.per_unit |= text("CARGO_UNSTABLE_BUILD_DIR_NEW_LAYOUT").is_some_and(|v| v == "true");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_counts_and_variables_count_most() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let (home, outer, inner) = (dir.path().join("home"), dir.path().join("a"), dir.path().join("a/b"));
        for d in [&home, &outer.join(".cargo"), &inner.join(".cargo")] {
            fs::create_dir_all(d).expect("created");
        }
        fs::write(home.join("config.toml"), "[build]\ntarget-dir = 'h'\nrustc = 'r'\n").expect("written");
        fs::write(outer.join(".cargo/config.toml"), "[build]\ntarget-dir = 'o'\ntarget = 'x'\n").expect("written");
        fs::write(inner.join(".cargo/config.toml"), "[build]\nbuild-dir = 'b'\n").expect("written");
        let env = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| (k.as_bytes().to_vec(), v.as_bytes().to_vec())).collect();
        let read = Settings::read(&inner, &home, &[], &env(&[]));
        assert_eq!(read.target_dir, Some(outer.join("o")));
        assert_eq!(read.build_dir, Some(inner.join("b")));
        assert_eq!((read.target.as_slice(), read.rustc.as_deref(), read.texts.len()), (&["x".to_owned()][..], Some("r"), 3));
        let given = ["build.target=['y','z']".to_owned(), "build.target-dir='g'".to_owned()];
        let read = Settings::read(&inner, &home, &given, &env(&[]));
        assert_eq!((read.target.len(), read.target_dir), (2, Some(inner.join("g"))));
        let read = Settings::read(&inner, &home, &given, &env(&[("CARGO_TARGET_DIR", "e"), ("CARGO_BUILD_TARGET", "w")]));
        assert_eq!((read.target.as_slice(), read.target_dir), (&["w".to_owned()][..], Some(inner.join("e"))));
    }
}
