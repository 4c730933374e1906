//! Real projects: what was built once is not compiled again in another directory, and nobody can tell by the result.
//!
//! `HYPEROPT_REAL` names cases as `crate[:profile[:command]]`, separated by commas, or is `all`; an empty part or `*` stands
//! for every one. Without it a small part is run. Sources come from the crates registry through cargo, into the user's own
//! cargo home, so that they are downloaded once; everything else happens in a sandbox.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
#[path = "../it/support/mod.rs"]
mod support;

mod baked;
mod build;
mod fetch;

use std::{
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
};

use fetch::Sources;

const DEFAULT: &str = "hyperfine:dev:build,hyperfine:dev:check";

/// A crate and how its program shows that it works.
pub struct Subject {
    pub name: &'static str,
    /// The exact version in the registry; nothing for the project that lies beside this file.
    pub version: Option<&'static str>,
    pub program: &'static str,
    pub argument: &'static str,
    /// How its answer begins.
    pub answer: &'static str,
}

const SUBJECTS: [Subject; 5] = [
    Subject {
        name: "hyperfine",
        version: Some("1.20.0"),
        program: "hyperfine",
        argument: "--version",
        answer: "hyperfine 1.20.0",
    },
    Subject { name: "ripgrep", version: Some("15.2.0"), program: "rg", argument: "--version", answer: "ripgrep 15.2.0" },
    Subject { name: "fd-find", version: Some("10.5.0"), program: "fd", argument: "--version", answer: "fd 10.5.0" },
    Subject { name: "bat", version: Some("0.26.1"), program: "bat", argument: "--version", answer: "bat 0.26.1" },
    Subject { name: "service", version: None, program: "service", argument: "show", answer: r#"{"id":1,"# },
];

const PROFILES: [&str; 2] = ["dev", "release"];
const COMMANDS: [&str; 3] = ["build", "check", "test"];

/// One way to build one subject.
pub struct Case {
    pub subject: &'static Subject,
    pub profile: &'static str,
    pub command: &'static str,
}

impl Case {
    pub fn name(&self) -> String {
        format!("{}:{}:{}", self.subject.name, self.profile, self.command)
    }

    /// What cargo is asked for.
    pub fn args(&self) -> Vec<&'static str> {
        let mut args = vec![self.command, "--locked"];
        args.extend((self.command == "test").then_some("--no-run"));
        args.extend((self.profile == "release").then_some("--release"));
        args
    }

    /// The directory in `target`.
    pub fn dir(&self) -> &'static str {
        if self.profile == "dev" { "debug" } else { self.profile }
    }
}

/// The cases that a list of patterns names, in the order of the tables above.
fn chosen(patterns: &str) -> Vec<Case> {
    let patterns: Vec<&str> = patterns.split(',').map(str::trim).filter(|p| !p.is_empty()).collect();
    let fits = |pattern: &str, name: &str| {
        let mut parts = pattern.split(':').zip(name.split(':'));
        pattern == "all" || parts.all(|(p, n)| p.is_empty() || p == "*" || p == n)
    };
    let named = |case: &Case| patterns.iter().any(|p| fits(p, &case.name()));
    let all = SUBJECTS.iter().flat_map(|subject| {
        PROFILES.iter().flat_map(move |profile| COMMANDS.iter().map(move |command| Case { subject, profile, command }))
    });
    all.filter(named).collect()
}

#[test]
fn patterns() {
    let names = |p: &str| chosen(p).iter().map(Case::name).collect::<Vec<_>>();
    assert_eq!(names("all").len(), 30);
    assert_eq!(names(DEFAULT), ["hyperfine:dev:build", "hyperfine:dev:check"]);
    assert_eq!(names("bat:release").len(), 3);
    assert_eq!(names("*:dev:check, service::test").len(), 7);
    assert!(names("rg").is_empty());
}

#[test]
fn another_directory_compiles_nothing() {
    let asked = std::env::var("HYPEROPT_REAL").unwrap_or_else(|_| DEFAULT.into());
    let cases = chosen(&asked);
    assert!(!cases.is_empty(), "HYPEROPT_REAL={asked} names no case");
    let mut sources = Sources::default();
    let mut failed = Vec::new();
    for case in &cases {
        let result = catch_unwind(AssertUnwindSafe(|| build::run(case, &sources.of(case.subject))));
        // Not `println!`: the figures are to be seen when the test passes, too.
        let line = match &result {
            Ok(figures) => format!("{}: {figures}\n", case.name()),
            Err(why) => {
                let why = why.downcast_ref::<String>().map_or("", String::as_str);
                format!("{}: failed: {why}\n", case.name())
            }
        };
        std::io::stderr().write_all(line.as_bytes()).expect("written");
        failed.extend(result.is_err().then(|| case.name()));
    }
    assert!(failed.is_empty(), "failed: {}", failed.join(", "));
}
