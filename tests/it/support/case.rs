//! One project, compiled once by us; then copies of it in which one thing is different, compiled in a fresh target
//! directory, so that nothing but the cache decides.

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{Run, Sandbox, Stats};

/// A manifest for a package that needs nothing else.
pub const APP: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

type Env<'a> = &'a [(&'a str, &'a str)];

/// The first build.
pub struct Case {
    pub sandbox: Sandbox,
    pub first: PathBuf,
    copies: Cell<u32>,
}

impl Case {
    /// Writes the project and builds it.
    #[track_caller]
    pub fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self::with(files, &[])
    }

    /// The same with variables in the environment.
    #[track_caller]
    pub fn with<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>, env: Env<'_>) -> Self {
        let case = Self::unbuilt(files);
        case.build(case.first.clone(), &[], env).run.success();
        case
    }

    /// Nothing is built yet.
    pub fn unbuilt<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let sandbox = Sandbox::new();
        let first = sandbox.project("first", files);
        Self { sandbox, first, copies: Cell::new(0) }
    }

    /// A copy of the sources in another place.
    pub fn copy(&self) -> PathBuf {
        self.copies.set(self.copies.get() + 1);
        self.sandbox.copy(&self.first, &format!("elsewhere/copy {}/w", self.copies.get()))
    }

    /// Builds a copy with a change.
    pub fn changed(&self, change: impl FnOnce(&Path)) -> Built<'_> {
        self.changed_with(change, &[], &[])
    }

    /// Builds an unchanged copy.
    pub fn again(&self) -> Built<'_> {
        self.changed(|_| ())
    }

    /// Builds an unchanged copy with other variables.
    pub fn again_with(&self, env: Env<'_>) -> Built<'_> {
        self.changed_with(|_| (), &[], env)
    }

    /// Builds a copy with a change, more arguments and more variables.
    pub fn changed_with(&self, change: impl FnOnce(&Path), args: &[&str], env: Env<'_>) -> Built<'_> {
        let dir = self.copy();
        change(&dir);
        self.build(dir, args, env)
    }

    /// `build` in a directory.
    pub fn build(&self, dir: PathBuf, args: &[&str], env: Env<'_>) -> Built<'_> {
        let (toolchain, rest): (Vec<&str>, Vec<&str>) = args.iter().partition(|a| a.starts_with('+'));
        let args = [&toolchain[..], &["build", "--quiet"], &rest[..]].concat();
        let run = self.sandbox.ours_with(&dir, &args, env);
        Built { case: self, run, stats: self.sandbox.take_stats(), dir }
    }
}

/// A finished build of ours.
pub struct Built<'a> {
    pub case: &'a Case,
    pub dir: PathBuf,
    pub run: Run,
    pub stats: Stats,
}

impl Built<'_> {
    /// What `why` tells of a unit: `crate`, or `crate kind` where it has several.
    #[track_caller]
    pub fn why(&self, unit: &str) -> Value {
        let (name, kind) = unit.split_once(' ').unwrap_or((unit, ""));
        let told = self.case.sandbox.ours(&self.dir, &["why", name, "--json"]).success().json();
        let units = told["units"].as_array().cloned().unwrap_or_default();
        units
            .into_iter()
            .find(|u| u["unit"].as_str().is_some_and(|u| u.contains(kind) && (!kind.is_empty() || !u.contains("build-script"))))
            .unwrap_or_else(|| panic!("nothing about {unit}: {told}"))
    }

    /// The unit was compiled, for this reason, and the explanation names `named`.
    #[track_caller]
    pub fn missed(&self, unit: &str, reason: &str, named: &str) -> &Self {
        let why = self.why(unit);
        let fits = why["outcome"] == "miss" && why["reason"] == reason;
        assert!(fits && why["sentence"].as_str().is_some_and(|s| s.contains(named)), "expected {reason} ({named}): {why}");
        self
    }

    /// The unit was restored.
    #[track_caller]
    pub fn hit(&self, unit: &str) -> &Self {
        let why = self.why(unit);
        assert_eq!(why["outcome"], "hit", "{why}");
        self
    }

    /// Everything was restored, and nothing went wrong meanwhile.
    #[track_caller]
    pub fn all_hits(&self) -> &Self {
        assert!(self.run.0.status.success(), "{}", self.run.stderr());
        self.stats.assert_all_hits(1);
        assert!(self.stats.troubles().is_empty(), "{:#}", self.stats.0);
        self
    }

    /// The program `app` prints this.
    #[track_caller]
    pub fn prints(&self, expected: &str) -> &Self {
        assert!(self.run.0.status.success(), "{}", self.run.stderr());
        assert_eq!(self.app(&[]).stdout().trim(), expected);
        self
    }

    /// Runs `app` in the project's root.
    pub fn app(&self, args: &[&str]) -> Run {
        Run::of(self.case.sandbox.command(self.dir.join("target/debug/app"), &self.dir).args(args))
    }

    /// Everything the program says is what it says when plain cargo has built it in this very directory.
    #[track_caller]
    pub fn as_plain_cargo(&self) -> &Self {
        self.as_plain_cargo_with(&[])
    }

    /// The same, with arguments for the program.
    #[track_caller]
    pub fn as_plain_cargo_with(&self, args: &[&str]) -> &Self {
        assert!(self.run.0.status.success(), "{}", self.run.stderr());
        let words = |run: Run| (run.0.status.code(), run.stdout(), without_thread_id(&run.stderr()));
        let ours = words(self.app(args));
        let aside = self.dir.with_extension("target");
        fs::rename(self.dir.join("target"), &aside).expect("moved");
        self.case.sandbox.cargo(&self.dir, &["build", "--quiet"]).success();
        assert_eq!(ours, words(self.app(args)), "the left one is ours");
        fs::remove_dir_all(self.dir.join("target")).expect("removed");
        fs::rename(&aside, self.dir.join("target")).expect("moved");
        self
    }
}

/// `thread 'main' (123) panicked` has another number in every run.
pub fn without_thread_id(text: &str) -> String {
    let mut parts = text.split("thread 'main' (");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("thread 'main'");
        out.push_str(part.split_once(')').map_or("", |(_, rest)| rest));
    }
    out
}
