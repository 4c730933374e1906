//! A sandbox with its own home, store and projects; plain cargo and our binary in it; and the oracle that compares what
//! they made.

pub mod case;
pub mod gate;
pub mod kit;
pub mod oracle;
pub mod processes;
pub mod projects;
pub mod room;
pub mod small;
pub mod terminal;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;
use tempfile::TempDir;

/// Everything a test touches, removed at its end; the daemon is stopped first.
pub struct Sandbox {
    dir: TempDir,
    store: PathBuf,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    pub fn new() -> Self {
        Self::with_store("store")
    }

    /// With the store at this place below the sandbox, or anywhere if it is absolute.
    pub fn with_store(store: impl AsRef<Path>) -> Self {
        let dir = TempDir::new().expect("temporary directory");
        let store = dir.path().canonicalize().expect("exists").join(store);
        let sandbox = Self { dir, store };
        fs::create_dir(sandbox.path("home")).expect("created");
        sandbox
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().expect("exists").join(name)
    }

    pub fn store(&self) -> PathBuf {
        self.store.clone()
    }

    /// Writes files below a directory of this name and gives its path.
    pub fn project<'a>(&self, name: &str, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> PathBuf {
        let root = self.path(name);
        for (file, text) in files {
            write(&root.join(file), text);
        }
        root
    }

    /// A command in the sandbox's environment: nothing of the outer build leaks in.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>, dir: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            let cargo =
                name.starts_with("CARGO") || name.starts_with("RUSTC_") || name.starts_with("RUSTFLAGS") || name == "RUSTC";
            if cargo || name.starts_with("LD_LIBRARY") || name == "MAKEFLAGS" || name == "RUST_BACKTRACE" {
                command.env_remove(&name);
            }
        }
        let outer_home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
        let rustup = std::env::var_os("RUSTUP_HOME").map_or_else(|| outer_home.join(".rustup"), PathBuf::from);
        command
            .current_dir(dir)
            .env("HOME", self.path("home"))
            .env("CARGO_HOME", self.path("home/.cargo"))
            .env("RUSTUP_HOME", rustup)
            .env("XDG_RUNTIME_DIR", self.path("xdg"))
            .env("RUSTC_HYPEROPT_CACHE_PATH", self.store())
            .env("RUSTC_HYPEROPT_DAEMON_IDLE_SECS", "60")
            // What happens by itself between two builds would make tests depend on time; those about it switch it on.
            .env("RUSTC_HYPEROPT_PERFORMANCE_SPECULATIVE_COMPILATION", "false")
            .env("CARGO_TERM_COLOR", "never");
        command
    }

    /// Plain cargo.
    pub fn cargo(&self, dir: &Path, args: &[&str]) -> Run {
        let mut command = self.command("cargo", dir);
        command.args(args);
        Run::of(&mut command)
    }

    /// Our binary.
    pub fn ours(&self, dir: &Path, args: &[&str]) -> Run {
        Run::of(self.command(exe(), dir).args(args))
    }

    /// Our binary with more environment.
    pub fn ours_with(&self, dir: &Path, args: &[&str], envs: &[(&str, &str)]) -> Run {
        Run::of(self.command(exe(), dir).args(args).envs(envs.iter().copied()))
    }

    /// Counters since the last call, after everything is stored.
    pub fn take_stats(&self) -> Stats {
        let stats = Stats(self.ours(self.dir.path(), &["stats", "--json", "--detailed"]).success().json());
        self.ours(self.dir.path(), &["stats", "--reset"]).success();
        stats
    }

    /// Copies a project's sources (not its target directory) to a new place.
    pub fn copy(&self, from: &Path, name: &str) -> PathBuf {
        let to = self.path(name);
        copy_tree(from, &to);
        to
    }

    /// Ends the daemon, if one runs, and waits for it.
    pub fn stop_daemon(&self) {
        drop(self.command(exe(), self.dir.path()).args(["cache", "stop"]).output());
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop_daemon();
        self.kill_daemons();
    }
}

/// The binary under test.
pub fn exe() -> &'static str {
    env!("CARGO_BIN_EXE_rustc-hyperopt")
}

pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("has a parent")).expect("created");
    fs::write(path, text).expect("written");
}

pub fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("readable");
    assert!(text.contains(from), "{} has no {from:?}", path.display());
    fs::write(path, text.replace(from, to)).expect("written");
}

/// Copies files and directories, `target` left out.
pub fn copy_tree(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("created");
    for entry in fs::read_dir(from).expect("readable").flatten() {
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            if entry.file_name() != "target" {
                copy_tree(&path, &target);
            }
        } else {
            fs::copy(&path, &target).expect("copied");
        }
    }
}

/// A finished command.
#[derive(Debug)]
pub struct Run(pub Output);

impl Run {
    pub fn of(command: &mut Command) -> Self {
        Self(command.output().expect("started"))
    }

    #[track_caller]
    pub fn success(self) -> Self {
        assert!(self.0.status.success(), "failed: {}\n{}", self.stdout(), self.stderr());
        self
    }

    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.0.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout()))
    }

    pub fn code(&self) -> Option<i32> {
        self.0.status.code()
    }

    /// Cargo had nothing to compile, or failed as it had before.
    #[track_caller]
    pub fn assert_no_op_or_failure(&self) {
        if self.0.status.success() {
            self.assert_no_op();
        }
    }

    /// Cargo had nothing to compile.
    #[track_caller]
    pub fn assert_no_op(&self) {
        let stderr = self.stderr();
        assert!(
            self.0.status.success() && !stderr.contains("Compiling") && !stderr.contains("Checking"),
            "not a no-op:\n{stderr}"
        );
    }
}

/// `stats --json`.
#[derive(Debug)]
pub struct Stats(pub Value);

impl Stats {
    fn sum(&self, what: &str) -> u64 {
        self.0["totals"][what].as_object().map_or(0, |m| m.values().filter_map(Value::as_u64).sum())
    }

    pub fn hits(&self) -> u64 {
        self.sum("hits")
    }

    pub fn misses(&self) -> u64 {
        self.sum("misses")
    }

    pub fn bypasses(&self) -> u64 {
        self.sum("bypasses")
    }

    /// Misses by reason.
    pub fn reasons(&self) -> BTreeMap<String, u64> {
        let map = self.0["totals"]["misses"].as_object().cloned().unwrap_or_default();
        map.into_iter().map(|(k, v)| (k, v.as_u64().unwrap_or(0))).collect()
    }

    /// What became of a crate's units in the last build.
    pub fn outcomes(&self, crate_name: &str) -> Vec<String> {
        let events = self.0["events"].as_array().cloned().unwrap_or_default();
        let last = events.first().map(|e| e["session"].clone());
        let of_crate = events.iter().filter(|e| e["crate"] == crate_name && Some(&e["session"]) == last.as_ref());
        of_crate.map(|e| e["outcome"].as_str().unwrap_or_default().to_owned()).collect()
    }

    pub fn troubles(&self) -> BTreeMap<String, u64> {
        let map = self.0["totals"]["troubles"].as_object().cloned().unwrap_or_default();
        map.into_iter().map(|(k, v)| (k, v.as_u64().unwrap_or(0))).collect()
    }

    /// Everything was restored, by the wrapper or before cargo began (members, where the target directory was removed).
    #[track_caller]
    pub fn assert_all_hits(&self, at_least: u64) {
        let restored = self.hits() + self.0["totals"]["seeded"].as_u64().unwrap_or(0);
        assert!(self.misses() == 0 && self.bypasses() == 0 && restored >= at_least, "expected only hits: {:#}", self.0);
    }
}

/// Every file at or below a directory, in the order of their paths; a directory that is not there has none.
pub fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.path().is_dir() { found.extend(files_below(&entry.path())) } else { found.push(entry.path()) }
    }
    found.sort();
    found
}

/// That no file below a directory has these bytes in it; gives the number of files.
#[track_caller]
pub fn assert_nowhere(dir: &Path, needle: &str) -> usize {
    let files: Vec<PathBuf> = files_below(dir).into_iter().filter(|file| file.is_file()).collect();
    for file in &files {
        let bytes = fs::read(file).expect("readable");
        assert!(memchr::memmem::find(&bytes, needle.as_bytes()).is_none(), "{} holds {needle}", file.display());
    }
    files.len()
}
