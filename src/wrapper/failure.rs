//! Compiles that failed, for who wants to explain them: a file for each, in a directory that the command line has named.
//!
//! Nobody is asked to listen except in prompt mode. It must never change what cargo hears, and a compile that succeeds writes
//! nothing. What cannot be written is not heard; the compile ends as it would have.

use std::{
    io,
    os::unix::process::parent_id,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::{Deserialize, Serialize};

use super::{command::Command, compile::tee_keeping};
use crate::base::{
    env::{self, names},
    fs::{self, Durability},
    proc::Status,
    process,
};

/// Messages beyond this are not kept: many hundreds of errors.
pub const MOST: usize = 64 << 20;

/// How many processes above the compiler are put down: enough for a cargo behind a subcommand behind a cargo.
const ABOVE: usize = 4;

/// What is known of a compile that failed; the first line of its file. The compiler's lines follow as they came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Processes above the wrapper, the nearest first: the cargo that has asked for it.
    pub above: Vec<u32>,
    pub package: String,
    pub version: String,
    pub manifest: PathBuf,
    pub crate_name: String,
    /// `lib`, `bin`, `test`, …
    pub kind: Vec<String>,
    pub source: PathBuf,
    pub cwd: PathBuf,
}

/// Where failures go.
#[derive(Debug)]
pub struct Listener(PathBuf);

impl Listener {
    /// The one that the environment names, if this is not a compile inside of a compile.
    pub fn current() -> Option<Self> {
        if env::path(names::NESTED).is_some() {
            return None;
        }
        env::path(names::FAILURES).map(Self)
    }

    /// Puts a failure down.
    pub fn hear(&self, command: &Command, said: &[u8]) {
        let Ok(mut text) = serde_json::to_vec(&header(command)) else { return };
        text.push(b'\n');
        text.extend_from_slice(said);
        if fs::private_dir(&self.0).is_ok() {
            let file = self.0.join(format!("{}.json", std::process::id()));
            // Without it there is no explanation, and the compiler's own words all the same.
            drop(fs::write_atomic(&file, &text, 0o600, Durability::Lazy));
        }
    }
}

/// Runs a compile that is none of the cache's business, if somebody listens; then the process ends as the compiler has ended.
pub fn listening(command: &Command) {
    let Some(listener) = Listener::current().filter(|_| command.is_compile()) else { return };
    let mut child = command.with_extra(Vec::new());
    // Whoever stands below may be a wrapper of ours for somebody else, and is not to hear of this one.
    process::dies_with_us(child.env_remove(names::NESTED).stderr(Stdio::piped()));
    let Ok(mut running) = child.spawn() else { return };
    let said = running.stderr.take().and_then(|from| tee_keeping(MOST, from, io::stderr()));
    let Ok(status) = running.wait() else { process::exit_now(1) };
    if let (false, Some(said)) = (status.success(), said) {
        listener.hear(command, &said);
    }
    process::exit_like(status)
}

fn header(command: &Command) -> Header {
    let args: Vec<String> = command.compiler_args().iter().map(|a| a.to_string_lossy().into_owned()).collect();
    let variable = |name| env::text(name).unwrap_or_default();
    let values = |name: &str| -> Vec<String> {
        let behind = args.windows(2).filter(|w| w[0] == name).map(|w| w[1].clone());
        let with = args.iter().filter_map(|a| Some(a.strip_prefix(name)?.strip_prefix('=')?.to_owned()));
        behind.chain(with).collect()
    };
    let crate_name = values("--crate-name").into_iter().next().unwrap_or_default();
    let kind = match crate_name.as_str() {
        "build_script_build" => vec!["custom-build".to_owned()],
        _ if args.iter().any(|a| a == "--test") => vec!["test".to_owned()],
        _ => values("--crate-type"),
    };
    let manifest = env::path("CARGO_MANIFEST_PATH")
        .or_else(|| env::path("CARGO_MANIFEST_DIR").map(|dir| dir.join("Cargo.toml")))
        .unwrap_or_default();
    let cwd = std::env::current_dir().unwrap_or_default();
    let source = args.iter().find(|a| a.ends_with(".rs") && !a.starts_with('-')).map(|a| cwd.join(Path::new(a)));
    Header {
        above: above(),
        package: variable("CARGO_PKG_NAME"),
        version: variable("CARGO_PKG_VERSION"),
        manifest,
        crate_name,
        kind,
        source: source.unwrap_or_default(),
        cwd,
    }
}

/// The processes above this one, as far as the kernel tells.
fn above() -> Vec<u32> {
    let mut all = vec![parent_id()];
    while all.len() < ABOVE
        && let Some(next) = all.last().and_then(|pid| Status::of(*pid)).map(|s| s.parent).filter(|pid| *pid > 1)
    {
        all.push(next);
    }
    all
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::*;

    fn command(line: &str) -> Command {
        Command::parse(line.split_whitespace().map(OsString::from).collect()).expect("something to run")
    }

    #[test]
    fn a_failure_is_one_private_file_with_a_header() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let listener = Listener(dir.path().join("failures"));
        let line = "us /r/rustc --crate-name app --edition=2021 src/main.rs --crate-type bin --out-dir /t --json=artifacts";
        listener.hear(&command(line), b"{\"x\":1}\n");
        let mut entries = std::fs::read_dir(&listener.0).expect("made").flatten();
        let text = std::fs::read_to_string(entries.next().expect("one file").path()).expect("readable");
        assert!(entries.next().is_none());
        let (first, rest) = text.split_once('\n').expect("two lines");
        let header: Header = serde_json::from_str(first).expect("a header");
        assert_eq!((header.crate_name.as_str(), header.kind.as_slice()), ("app", &["bin".to_owned()][..]));
        assert!(header.source.ends_with("src/main.rs") && header.above.first() == Some(&parent_id()), "{header:?}");
        assert_eq!(rest, "{\"x\":1}\n");
    }

    #[test]
    fn kinds() {
        let kind = |rest: &str| header(&command(&format!("us /r/rustc --crate-name {rest}"))).kind;
        assert_eq!(kind("a --test --crate-type lib"), ["test"]);
        assert_eq!(kind("build_script_build --crate-type bin"), ["custom-build"]);
        assert_eq!(kind("a --crate-type=lib --crate-type cdylib"), ["cdylib", "lib"]);
    }
}
