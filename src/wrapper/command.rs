//! The command that cargo wants to be run, and how it is run when we step aside.

use std::{
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    path::Path,
};

use crate::{
    base::{env, process},
    rustc::args::is_tracked_compile,
};

/// `compiler args…`, or `workspace-wrapper compiler args…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Everything behind our own name.
    words: Vec<OsString>,
    /// Where the compiler's arguments start in `words`.
    first: usize,
}

impl Command {
    /// From the whole command line, own name first; `None` if there is nothing to run.
    pub fn parse(args: Vec<OsString>) -> Option<Self> {
        let me = std::env::current_exe().ok();
        let mut words: Vec<OsString> = args.into_iter().skip(1).collect();
        // `RUSTC_WRAPPER` and `RUSTC_WORKSPACE_WRAPPER` may both name us: once is enough.
        while words.len() > 1 && me.as_deref().is_some_and(|me| is_same_file(Path::new(&words[0]), me)) {
            words.remove(0);
        }
        let first = match words.as_slice() {
            [] => return None,
            // With a workspace wrapper cargo says `clippy-driver rustc …`.
            [_, second, ..] if stem(second) == "rustc" => 2,
            _ => 1,
        };
        Some(Self { words, first })
    }

    /// The program that compiles.
    pub fn compiler(&self) -> &OsStr {
        &self.words[0]
    }

    /// Its arguments, without the path of rustc that precedes clippy's.
    pub fn compiler_args(&self) -> &[OsString] {
        &self.words[self.first..]
    }

    /// Whether it is worth asking the daemon: a tracked compile by a program whose behaviour we know.
    pub fn is_cacheable(&self) -> bool {
        let known = match (stem(&self.words[0]).as_str(), self.first) {
            ("rustc", 1) | ("clippy-driver", 2) => true,
            (name, 1) => name.starts_with("rustc-"),
            _ => false,
        };
        known && is_tracked_compile(self.compiler_args())
    }

    /// Whether it compiles a crate for cargo, whoever does it.
    pub fn is_compile(&self) -> bool {
        is_tracked_compile(self.compiler_args())
    }

    /// Where the outputs go, as cargo says it.
    pub fn out_dir(&self) -> Option<&Path> {
        let at = self.words.iter().position(|w| w == "--out-dir")?;
        self.words.get(at + 1).map(Path::new)
    }

    /// The command as a child process with more arguments behind those of cargo.
    pub fn with_extra(&self, extra: Vec<OsString>) -> std::process::Command {
        let mut command = std::process::Command::new(&self.words[0]);
        command.args(&self.words[1..]).args(extra).env(env::names::NESTED, "1").env_remove(env::names::FAILURES);
        command
    }

    /// Becomes the command. Ends the process with 127 if it cannot be started, as a shell does.
    pub fn exec(&self) -> ! {
        let mut command = std::process::Command::new(&self.words[0]);
        let error = command.args(&self.words[1..]).exec();
        // The one case in which there is no compiler to speak for itself; cargo shows this with its own error.
        process::exit_saying(127, &format!("could not run `{}`: {error}\n", self.words[0].to_string_lossy()))
    }
}

fn stem(path: &OsStr) -> String {
    Path::new(path).file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_same_file(a: &Path, b: &Path) -> bool {
    let key = |p: &Path| crate::base::fs::FileSig::of(p).map(|s| s.inode).ok();
    a.components().count() > 1 && key(a).is_some() && key(a) == key(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACKED: &str = "--crate-name a --out-dir /t --json=artifacts src/lib.rs";

    fn command(line: &str) -> Command {
        Command::parse(line.split_whitespace().map(OsString::from).collect()).expect("something to run")
    }

    #[test]
    fn shapes() {
        for (line, compiler, args, cacheable) in [
            (format!("us /r/rustc {TRACKED}"), "/r/rustc", 6, true),
            (format!("us /r/clippy-driver /r/rustc {TRACKED}"), "/r/clippy-driver", 6, true),
            (format!("us /w/other-wrapper /r/rustc {TRACKED}"), "/w/other-wrapper", 6, false),
            ("us rustc -vV".into(), "rustc", 1, false),
            ("us rustc - --crate-name ___ --print=file-names".into(), "rustc", 4, false),
        ] {
            let command = command(&line);
            assert_eq!((command.compiler(), command.compiler_args().len()), (OsStr::new(compiler), args), "{line}");
            assert_eq!(command.is_cacheable(), cacheable, "{line}");
        }
        assert_eq!(Command::parse(vec!["us".into()]), None);
    }

    #[test]
    fn we_do_not_wrap_ourselves() {
        let me = std::env::current_exe().expect("a test has one");
        let args = vec!["us".into(), me.clone().into(), me.into(), "rustc".into(), "-vV".into()];
        assert_eq!(Command::parse(args).expect("something").words, ["rustc", "-vV"]);
    }
}
