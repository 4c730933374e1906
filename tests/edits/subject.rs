//! What is edited: a workspace made for it, or that of ripgrep with all of its crates.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{
    rng::Rng,
    support::{Run, Sandbox, copy_tree, write},
    syntax::{self, Taste},
    template::{Edit, State},
};

const RIPGREP: &str = "15.2.0";

/// A workspace and how its program is tried.
pub struct Subject {
    pub name: &'static str,
    /// What is never edited is copied from here.
    pub base: PathBuf,
    pub start: State,
    pub program: &'static str,
    /// Command lines of the program, from the root of the workspace.
    pub runs: &'static [&'static [&'static str]],
    marks: bool,
    taste: Taste,
    /// Sources that must live as long.
    _sandbox: Sandbox,
}

impl Subject {
    /// `fixture` or `ripgrep`.
    pub fn named(name: &str) -> Self {
        match name {
            "fixture" => Self::fixture(),
            "ripgrep" => Self::ripgrep(),
            _ => panic!("there is no workspace {name}: fixture or ripgrep"),
        }
    }

    fn fixture() -> Self {
        let base = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/edits/fixture");
        let mut files = BTreeMap::new();
        collect(&base, &base, &mut files);
        files.retain(|path, _| path.contains("/src/"));
        Self {
            name: "fixture",
            base,
            start: State::new(files),
            program: "app",
            runs: &[&[], &["die"]],
            marks: true,
            taste: Taste { prints: true },
            _sandbox: Sandbox::new(),
        }
    }

    fn ripgrep() -> Self {
        let sandbox = Sandbox::new();
        let base = ripgrep_sources(&sandbox);
        let mut files = BTreeMap::new();
        collect(&base, &base, &mut files);
        let is_edited = |path: &str| path.ends_with(".rs") && path.starts_with("crates/") && !path.contains("/tests/");
        files.retain(|path, _| is_edited(path) && !path.contains("/benches/") && !path.contains("/examples/"));
        Self {
            name: "ripgrep",
            base,
            start: State::new(files),
            program: "rg",
            runs: &[
                &["--no-config", "--sort=path", "-n", r"fn \w+\(", "sample"],
                &["--no-config", "--sort=path", "--count-matches", "-i", "STRUCT|impl", "sample"],
                &["--no-config", "--sort=path", "-uu", "-o", "-r", "$1!", r"use (\w+)", "sample", "-g", "!*.md"],
                &["--no-config", "--sort=path", "--files", "sample", "-t", "rust"],
            ],
            marks: false,
            taste: Taste { prints: false },
            _sandbox: sandbox,
        }
    }

    /// One random edit; some that were thought of are not possible.
    pub fn edit(&self, state: &mut State, rng: &mut Rng) -> Edit {
        for _ in 0..200 {
            let made = if self.marks && rng.one_in(2) { state.edit(rng) } else { syntax::edit(state, rng, self.taste) };
            if let Some(edit) = made {
                return edit;
            }
        }
        panic!("no edit is possible any more");
    }

    /// The name of the crate that a file belongs to, as rustc knows it.
    pub fn crate_of(&self, file: &str) -> String {
        let mut parts = file.split('/');
        match (parts.next(), parts.next()) {
            (Some("crates"), Some("core")) => "rg".into(),
            (Some("crates"), Some(name)) => name.replace('-', "_"),
            (Some(name), _) => name.into(),
            _ => String::new(),
        }
    }
}

fn collect(root: &Path, dir: &Path, files: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if let Ok(text) = fs::read_to_string(&path) {
            let name = path.strip_prefix(root).expect("below it").to_string_lossy().into_owned();
            files.insert(name, text);
        }
    }
}

/// Cargo alone, with the user's cargo home and without the user's wrapper.
fn cargo(sandbox: &Sandbox, dir: &Path, args: &[&str]) {
    let mut command = sandbox.command("cargo", dir);
    Run::of(command.args(args).env("CARGO_HOME", cargo_home()).env("RUSTC_WRAPPER", "")).success();
}

/// Where the user's downloaded crates are.
pub fn cargo_home() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").expect("a home directory")).join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// The package of the registry, with those of its dependencies that belong to the project as members of a workspace.
fn ripgrep_sources(sandbox: &Sandbox) -> PathBuf {
    let scratch = sandbox.path("fetch");
    let manifest = format!(
        "[package]\nname = \"fetch\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[dependencies]\nripgrep = \"={RIPGREP}\"\n[workspace]\n"
    );
    write(&scratch.join("Cargo.toml"), &manifest);
    write(&scratch.join("src/lib.rs"), "");
    cargo(sandbox, &scratch, &["vendor", "--versioned-dirs", "copies"]);
    let root = sandbox.path("ripgrep");
    copy_tree(&scratch.join("copies").join(format!("ripgrep-{RIPGREP}")), &root);
    cargo(sandbox, &root, &["vendor", "--locked", "--versioned-dirs", "copies"]);

    let mut patches = String::new();
    let mut members = Vec::new();
    for entry in fs::read_dir(root.join("copies")).expect("copied").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let (package, _) = name.rsplit_once('-').expect("a version");
        if package.starts_with("grep") || matches!(package, "globset" | "ignore") {
            copy_tree(&entry.path(), &root.join("crates").join(package));
            patches.push_str(&format!("{package} = {{ path = \"crates/{package}\" }}\n"));
            members.push(format!("\"crates/{package}\""));
        }
    }
    fs::remove_dir_all(root.join("copies")).expect("removed");
    let manifest = fs::read_to_string(root.join("Cargo.toml")).expect("readable");
    let manifest = format!("{manifest}\n[workspace]\nmembers = [{}]\n\n[patch.crates-io]\n{patches}", members.join(", "));
    fs::write(root.join("Cargo.toml"), manifest).expect("written");
    copy_tree(&root.join("crates"), &root.join("sample"));
    cargo(sandbox, &root, &["fetch"]);
    root
}
