//! Sources of real crates, fetched by cargo alone.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    Subject,
    build::cargo,
    support::{Sandbox, write},
};

/// What has been fetched so far.
#[derive(Default)]
pub struct Sources {
    sandbox: Sandbox,
    found: HashMap<&'static str, PathBuf>,
}

impl Sources {
    /// The directory with a subject's sources, not to be built in.
    pub fn of(&mut self, subject: &'static Subject) -> PathBuf {
        let sandbox = &self.sandbox;
        self.found.entry(subject.name).or_insert_with(|| fetch(sandbox, subject)).clone()
    }
}

fn fetch(sandbox: &Sandbox, subject: &Subject) -> PathBuf {
    let from = match subject.version {
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(subject.name),
        Some(version) => in_registry(sandbox, subject.name, version),
    };
    let to = sandbox.copy(&from, subject.name);
    for name in [".cargo-checksum.json", ".cargo_vcs_info.json"] {
        // Marks of a copy; a project has none.
        drop(fs::remove_file(to.join(name)));
    }
    cargo(sandbox, &to, &["fetch", "--locked"]).success();
    to
}

/// Of a package that depends on a crate, cargo copies the dependencies; that a program has no library is only a warning.
fn in_registry(sandbox: &Sandbox, name: &str, version: &str) -> PathBuf {
    let scratch = sandbox.path(&format!("fetch-{name}"));
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[dependencies]\n{name} = \"={version}\"\n[workspace]\n"
    );
    write(&scratch.join("Cargo.toml"), &manifest);
    write(&scratch.join("src/lib.rs"), "");
    cargo(sandbox, &scratch, &["vendor", "--versioned-dirs", "copies"]).success();
    scratch.join("copies").join(format!("{name}-{version}"))
}
