//! What is run again and again: a command of cargo's and its flags. Pure.
//!
//! It must never change what the user has asked for: flags are left out only where the command that was switched to would
//! refuse them.

use std::{ffi::OsString, process::Command};

use crate::{base::text, cargo::words::Flag};

/// Makes the process for a command and its words.
pub type Make = Box<dyn Fn(Job, &[OsString]) -> Command>;

/// A command of cargo's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Job {
    #[default]
    Check,
    Build,
    Test,
    Clippy,
    Run,
}

/// What `run` does not know.
const NOT_FOR_RUN: [&str; 12] =
    ["workspace", "all", "exclude", "all-targets", "lib", "bins", "examples", "tests", "test", "benches", "bench", "no-run"];
/// What only `test` knows.
const TEST_ONLY: [&str; 3] = ["no-run", "no-fail-fast", "doc"];

impl Job {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Check, Self::Build, Self::Test, Self::Clippy, Self::Run];

    /// Cargo's name for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Check => "check",
            Self::Build => "build",
            Self::Test => "test",
            Self::Clippy => "clippy",
            Self::Run => "run",
        }
    }

    /// By its name, or cargo's short form of it.
    pub fn by_name(name: &str) -> Option<Self> {
        let short = match name {
            "c" => Some(Self::Check),
            "b" => Some(Self::Build),
            "t" => Some(Self::Test),
            "r" => Some(Self::Run),
            _ => None,
        };
        short.or_else(|| Self::ALL.into_iter().find(|job| job.name() == name))
    }

    /// The one that `name` may have been meant to be.
    pub fn meant(name: &str) -> Option<Self> {
        text::did_you_mean(name, Self::ALL.map(Self::name)).and_then(Self::by_name)
    }

    /// Of a command line for `given`, the words that make sense for this one. What stands behind `--` is for the program, the
    /// tests or the lints of one command.
    pub fn words(self, given: Self, words: &[OsString]) -> Vec<OsString> {
        if self == given {
            return words.to_vec();
        }
        let mut kept = Vec::new();
        let mut i = 0;
        while i < words.len() {
            let flag = Flag::read(&words[i], &crate::cargo::words::SHORT_WITH_VALUE);
            let step = 1 + usize::from(flag.wants_next());
            match &flag {
                Flag::End => break,
                // A filter of tests; no other command takes words.
                Flag::Word => {}
                Flag::Long { name, .. } if self == Self::Run && NOT_FOR_RUN.contains(name) => {}
                Flag::Long { name, .. } if self != Self::Test && TEST_ONLY.contains(name) => {}
                _ => kept.extend_from_slice(&words[i..(i + step).min(words.len())]),
            }
            i += step;
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_follow_where_they_are_understood() {
        let words = |line: &str| line.split_whitespace().map(OsString::from).collect::<Vec<_>>();
        let switched =
            |from: Job, to: Job, line: &str| to.words(from, &words(line)).join(" ".as_ref()).into_string().expect("text");
        assert_eq!(switched(Job::Test, Job::Test, "a -p x -- --nocapture"), "a -p x -- --nocapture");
        assert_eq!(switched(Job::Test, Job::Check, "a --no-fail-fast -p x --release -- --nocapture"), "-p x --release");
        assert_eq!(
            switched(Job::Check, Job::Run, "--workspace --exclude y --all-targets -F a --test t --bin=z -j 1"),
            "-F a --bin=z -j 1"
        );
        assert_eq!(switched(Job::Check, Job::Test, "--all-targets --features"), "--all-targets --features");
    }

    #[test]
    fn names_are_cargos() {
        for job in Job::ALL {
            assert_eq!(Job::by_name(job.name()), Some(job));
        }
        assert_eq!((Job::by_name("r"), Job::by_name("x"), Job::meant("chekc")), (Some(Job::Run), None, Some(Job::Check)));
    }
}
