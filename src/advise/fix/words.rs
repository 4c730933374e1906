//! From the user's command to a check of the same things: packages, targets, features, profile.
//!
//! It must never widen what is compiled beyond what the user has asked for, and never run anything of the user's.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use super::FixError;
use crate::cargo::words::{Flag, SHORT_WITH_VALUE, subcommand};

/// Flags that say where things go, what is shown, or what is done after the compile.
const LEFT_OUT: [&str; 17] = [
    "message-format",
    "quiet",
    "verbose",
    "color",
    "target-dir",
    "artifact-dir",
    "out-dir",
    "timings",
    "no-run",
    "no-fail-fast",
    "keep-going",
    "offline",
    "frozen",
    "future-incompat-report",
    "build-plan",
    "unit-graph",
    "fix",
];
/// Flags that choose targets.
const TARGETS: [&str; 10] = ["lib", "bins", "bin", "examples", "example", "tests", "test", "benches", "bench", "all-targets"];

/// The words of a check.
#[derive(Debug, PartialEq, Eq)]
pub struct CheckWords {
    /// Without output format and target directory.
    pub words: Vec<OsString>,
    /// What stands behind `--` for the compiler (`clippy` alone).
    pub behind: Vec<OsString>,
    /// The manifest that was named.
    pub manifest: Option<PathBuf>,
}

/// Translates cargo's words as the user has given them (without `cargo` and the toolchain).
///
/// # Errors
/// If something among them means another place, which a copy does not have.
pub fn check(words: &[OsString]) -> Result<CheckWords, FixError> {
    let at = subcommand(words).ok_or_else(|| FixError::Word("no command".into()))?;
    let name = words[at].to_string_lossy();
    let is_test = matches!(name.as_ref(), "test" | "t" | "bench");
    let runs = matches!(name.as_ref(), "run" | "r");
    let own = match name.as_ref() {
        "build" | "b" | "check" | "c" | "test" | "t" | "bench" | "run" | "r" => "check",
        "clippy" => "clippy",
        other => return Err(FixError::Word(other.to_owned())),
    };
    let mut made = CheckWords { words: Vec::new(), behind: Vec::new(), manifest: None };
    let (mut names_target, mut profile) = (false, Vec::new());
    let mut i = 0;
    while i < words.len() {
        let flag = Flag::read(&words[i], if i < at { &crate::cargo::words::SHORT_BEFORE } else { &SHORT_WITH_VALUE });
        let next = (i + 1 + usize::from(flag.wants_next())).min(words.len());
        let whole = &words[i..next];
        match flag {
            Flag::End => {
                made.behind = if own == "clippy" { words[i + 1..].to_vec() } else { Vec::new() };
                break;
            }
            Flag::Word if i == at => made.words.push(own.into()),
            // Arguments of the program, or names of tests.
            Flag::Word if runs => break,
            Flag::Word => {}
            Flag::Long { name: "manifest-path", value } => {
                made.manifest = value.map(PathBuf::from).or_else(|| whole.get(1).map(PathBuf::from));
            }
            Flag::Long { name: "lockfile-path", .. } => return Err(FixError::Word("--lockfile-path".into())),
            Flag::Long { name, .. } if LEFT_OUT.contains(&name) || is_test && name == "doc" => {}
            Flag::Long { name: "release" | "profile", .. } => profile.extend_from_slice(whole),
            Flag::Long { name, .. } => {
                names_target |= TARGETS.contains(&name);
                made.words.extend_from_slice(whole);
            }
            Flag::Short { last: Some((b'C', _)), .. } => return Err(FixError::Word("-C".into())),
            Flag::Short { letters, last } => {
                profile.extend(letters.contains(&b'r').then(|| "--release".into()));
                // `-vvp x` is `-p x` here.
                if let Some((letter, rest)) = last {
                    let mut word = OsString::from(format!("-{}", char::from(letter)));
                    word.push(String::from_utf8_lossy(rest).as_ref());
                    made.words.push(word);
                    made.words.extend_from_slice(&whole[1..]);
                }
            }
        }
        i = next;
    }
    if is_test && names_target {
        // `--lib` means the library's tests here, which a check does only in this profile.
        made.words.extend(["--profile", "test"].map(OsString::from));
    } else {
        made.words.extend(profile);
        let targets: &[&str] = match name.as_ref() {
            "test" | "t" => &["--tests", "--examples"],
            "bench" => &["--benches"],
            _ => &[],
        };
        made.words.extend(targets.iter().map(OsString::from));
    }
    Ok(made)
}

/// Where a path of the project is in a copy of it.
pub fn moved(path: &Path, from: &Path, to: &Path) -> Result<PathBuf, FixError> {
    let below = path.strip_prefix(from).map_err(|_| FixError::Outside(path.into(), from.into()))?;
    Ok(to.join(below))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    #[test]
    fn what_is_compiled_stays() {
        for (users, own, behind) in [
            ("build", "check", ""),
            ("build --release -p a --features x,y --bin z -q", "check -p a --features x,y --bin z --release", ""),
            ("run -qrp a --bin z arg -p b", "check -pa --bin z --release", ""),
            ("run -p a -- -p b", "check -p a", ""),
            ("--color always b -vv --target-dir x --message-format=short -F x", "check -F x", ""),
            ("test some::name --no-run -- --nocapture", "check --tests --examples", ""),
            ("t --lib --release", "check --lib --profile test", ""),
            ("test --workspace --release", "check --workspace --release --tests --examples", ""),
            ("clippy --workspace -- -D warnings", "clippy --workspace", "-D warnings"),
            ("check --locked --offline --config a=b --target t -j 2", "check --locked --config a=b --target t -j 2", ""),
        ] {
            let expected = CheckWords { words: words(own), behind: words(behind), manifest: None };
            let got = check(&words(users)).expect("understood");
            let split = |w: &CheckWords| w.words.iter().flat_map(|w| w.to_str().map(str::to_owned)).collect::<Vec<_>>().join(" ");
            assert_eq!(split(&got).replace("-pa", "-p a"), split(&expected).replace("-pa", "-p a"), "{users}");
            assert_eq!(got.behind, expected.behind, "{users}");
        }
    }

    #[test]
    fn other_places() {
        assert_eq!(check(&words("build --manifest-path a/Cargo.toml")).expect("fine").manifest, Some("a/Cargo.toml".into()));
        assert_eq!(check(&words("build --manifest-path=b.toml")).expect("fine").manifest, Some("b.toml".into()));
        for refused in ["-C dir build", "build --lockfile-path x", "publish", "-v"] {
            assert!(check(&words(refused)).is_err(), "{refused}");
        }
        assert_eq!(moved(Path::new("/a/b"), Path::new("/a"), Path::new("/c")).expect("below"), Path::new("/c/b"));
        assert!(moved(Path::new("/b"), Path::new("/a"), Path::new("/c")).is_err());
    }
}
