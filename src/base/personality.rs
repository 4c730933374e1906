//! Which of its four personalities the program was started as, told from the command line alone.
//!
//! It runs before `main` in every compile, so it looks at two words and at most one file. It must never fail and never
//! start anything: whatever it does not recognise is a command for the command line.

use std::{
    ffi::{OsStr, OsString},
    os::unix::fs::PermissionsExt,
    path::Path,
};

use super::env;

/// The argument that makes a daemon; no user types it.
pub const DAEMON: &str = "__daemon";

/// The argument with which the wrapper has a target directory prepared; no user types it.
pub const SEED: &str = "__seed";

/// The argument that makes a warm-up in the background, with the directory to work in; no user types it.
pub const WARMUP: &str = "__warmup";

/// The argument with which `watch` has something compiled ahead; no user types it.
pub const AHEAD: &str = "__ahead";

/// The name of the directories in which a link to this program stands for a linker.
pub const LINKERS: &str = "hyperopt-linker";

/// Compilers, as they are named without a path.
const COMPILERS: [&str; 2] = ["rustc", "clippy-driver"];

/// What the program is this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personality {
    /// Cargo's `RUSTC_WRAPPER`: the first argument is a compiler, or another wrapper followed by one.
    Wrapper,
    /// Owner of the store.
    Daemon,
    /// The linker, as far as rustc knows; only our wrapper starts rustc that way.
    Linker,
    /// Everything that a user types.
    Cli,
}

impl Personality {
    /// Tells it from a whole command line, own name first.
    pub fn of(args: &[OsString]) -> Self {
        if args.first().is_some_and(|own| is_stand_in(Path::new(own))) {
            return Self::Linker;
        }
        match args.get(1) {
            Some(first) if first == DAEMON => Self::Daemon,
            Some(first) if first == COMPILERS[0] && !asks_compiler(args.get(2)) && !in_build_script() => Self::Cli,
            Some(first) if is_compiler(first, is_executable) => Self::Wrapper,
            _ => Self::Cli,
        }
    }
}

/// Started from a directory that our wrapper has made for this.
fn is_stand_in(own: &Path) -> bool {
    own.parent().and_then(Path::file_name).is_some_and(|dir| dir == LINKERS)
}

/// A compiler by name, wherever it stands, or anything executable that is named by a path.
///
fn is_compiler(first: &OsStr, is_executable: impl Fn(&Path) -> bool) -> bool {
    let path = Path::new(first);
    let has_path = first.as_encoded_bytes().contains(&b'/');
    names_compiler(path) || (has_path && is_executable(path))
}

/// Started by a build script, which runs the wrapper and the compiler that cargo has named to it, with any arguments at all: cargo
/// sets these for nobody else.
fn in_build_script() -> bool {
    ["RUSTC", "NUM_JOBS"].iter().all(|name| env::var(name).is_some())
}

/// The bare name `rustc` is what cargo says when it was not told otherwise, and it is a subcommand of cargo as well. What
/// cargo asks of a compiler begins with one of these, or with a file of arguments where they are too many; no subcommand takes them.
fn asks_compiler(second: Option<&OsString>) -> bool {
    let is_file = |s: &OsString| s.as_encoded_bytes().first() == Some(&b'@');
    second.is_some_and(|s| is_file(s) || ["-vV", "-", "--crate-name", "--version"].iter().any(|ask| s == ask))
}

fn names_compiler(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".exe").unwrap_or(&name);
    // Distributions install `rustc-1.95`; builds of the compiler itself have `stage1-rustc` and the like.
    let versioned = name.strip_prefix("rustc-").is_some_and(|v| v.starts_with(|c: char| c.is_ascii_digit()));
    versioned || COMPILERS.iter().any(|compiler| name.ends_with(compiler))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(args: &[&str]) -> Personality {
        let args: Vec<OsString> = ["rustc-hyperopt"].iter().chain(args).map(OsString::from).collect();
        Personality::of(&args)
    }

    #[test]
    fn compilers_make_a_wrapper() {
        for compiler in
            ["rustc", "/opt/none/bin/rustc", "./rustc", "rustc.exe", "rustc-1.95", "/none/clippy-driver", "stage1-rustc"]
        {
            assert_eq!(of(&[compiler, "-vV"]), Personality::Wrapper, "{compiler}");
            assert_eq!(of(&[compiler, "@/tmp/arguments"]), Personality::Wrapper, "{compiler}");
            assert_eq!(of(&[compiler, "--version"]), Personality::Wrapper, "{compiler}");
        }
    }

    #[test]
    fn commands_do_not() {
        for command in [
            "build",
            "check",
            "+nightly",
            "--help",
            "-p",
            "cargo",
            "rustc",
            "rustdoc",
            "rustc-hyperopt",
            "hyperopt",
            "clippy",
            "",
        ] {
            assert_eq!(of(&[command, "rustc"]), Personality::Cli, "{command}");
        }
        assert_eq!(of(&[]), Personality::Cli);
        assert_eq!(Personality::of(&[]), Personality::Cli);
    }

    #[test]
    fn another_wrapper_is_known_by_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("sccache");
        let name = file.to_str().unwrap();
        assert_eq!(of(&[name, "rustc"]), Personality::Cli, "there is no such file");
        std::fs::write(&file, "").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert_eq!(of(&[name, "rustc"]), Personality::Cli, "the file cannot be executed");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(of(&[name, "rustc"]), Personality::Wrapper);
        assert_eq!(of(&[dir.path().to_str().unwrap()]), Personality::Cli, "a directory");
    }

    #[test]
    fn names_that_are_not_text_are_no_trouble() {
        use std::os::unix::ffi::OsStringExt;
        let odd = OsString::from_vec(b"/none/\xff/rustc".to_vec());
        assert_eq!(Personality::of(&["x".into(), odd]), Personality::Wrapper);
        assert_eq!(Personality::of(&["x".into(), OsString::from_vec(b"\xff".to_vec())]), Personality::Cli);
    }

    #[test]
    fn a_stand_in_is_known_by_its_directory() {
        for (own, expected) in
            [("/s/tmp/x/hyperopt-linker/cc", Personality::Linker), ("/s/hyperopt-linker", Personality::Wrapper)]
        {
            assert_eq!(Personality::of(&[own.into(), "rustc".into(), "-vV".into()]), expected, "{own}");
        }
    }

    #[test]
    fn the_daemon_has_a_name_of_its_own() {
        assert_eq!(of(&["__daemon"]), Personality::Daemon);
        assert_eq!(of(&["build", "__daemon"]), Personality::Cli);
    }
}
