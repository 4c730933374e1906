//! Mends of real programs: what is written was tried, compiles by plain cargo, and can be taken back.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use rustc_hyperopt::{
    advise::{
        diagnostic::Report,
        fix::{FixError, vcs::Allowed},
    },
    base::env::EnvSnapshot,
    cli::{
        advise::fix::{self, Failed, Mended, Proposal},
        context::Context,
    },
    ui::{ColorChoice, Printer},
};

use crate::support::{Sandbox, exe, write};

mod everything;
mod programs;
mod safety;

/// A manifest.
pub fn manifest(name: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
}

/// What the user allows where there is no repository.
pub const NO_VCS: Allowed = Allowed { dirty: false, staged: false, no_vcs: true };

/// What came of a mend, and what was said.
pub struct Done {
    pub result: Result<Mended, FixError>,
    pub said: String,
}

impl Done {
    #[track_caller]
    pub fn mended(&self) -> Mended {
        match &self.result {
            Ok(mended) => *mended,
            Err(e) => panic!("{e}\n{}", self.said),
        }
    }

    #[track_caller]
    pub fn refused(&self) -> &FixError {
        match &self.result {
            Err(e) => e,
            Ok(mended) => panic!("{mended:?}\n{}", self.said),
        }
    }
}

/// The variables of a command in the sandbox.
pub fn environment(sandbox: &Sandbox) -> EnvSnapshot {
    let command = sandbox.command("true", Path::new("/"));
    let own: Vec<(&OsStr, Option<&OsStr>)> = command.get_envs().collect();
    let kept = std::env::vars_os().filter(|(name, _)| own.iter().all(|(other, _)| other != name));
    let set = own.iter().filter_map(|(name, value)| Some((OsString::from(name), OsString::from(value.as_ref()?))));
    kept.chain(set).map(|(k, v)| (k.into_encoded_bytes(), v.into_encoded_bytes())).collect()
}

fn context(sandbox: &Sandbox, dir: &Path) -> (Context, rustc_hyperopt::ui::printer::Captured) {
    let (printer, said) = Printer::captured(ColorChoice::Never);
    (Context { env: environment(sandbox), cwd: dir.to_owned(), exe: PathBuf::from(exe()), printer }, said)
}

/// Runs a command of cargo's that fails, and mends what it has said.
pub fn mend(sandbox: &Sandbox, dir: &Path, words: &[&str], allowed: Allowed) -> Done {
    mend_with(sandbox, dir, words, allowed, &[], || ())
}

/// The same with proposals, after something else has happened.
pub fn mend_with(
    sandbox: &Sandbox,
    dir: &Path,
    words: &[&str],
    allowed: Allowed,
    proposals: &[Proposal],
    before: impl FnOnce(),
) -> Done {
    let build = sandbox.cargo(dir, &[&words[..1], &["--message-format=json"], &words[1..]].concat());
    assert!(!build.0.status.success(), "it is to fail");
    let reports: Vec<Report> = build.stdout().lines().filter_map(Report::read).collect();
    before();
    let (mut ctx, said) = context(sandbox, dir);
    let store = sandbox.store();
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let failed = Failed { store: &store, toolchain: None, words: &words, reports: &reports };
    let result = fix::mend(&mut ctx, &failed, proposals, allowed);
    Done { result, said: said.err() }
}

/// Takes the last mend back.
pub fn undo(sandbox: &Sandbox, dir: &Path) -> (Result<(), FixError>, String) {
    let (mut ctx, said) = context(sandbox, dir);
    let result = fix::undo(&mut ctx, &sandbox.store(), None);
    (result, said.err())
}

/// What plain cargo says of a directory, in a target directory of its own.
pub fn compiles(sandbox: &Sandbox, dir: &Path, words: &[&str]) -> Result<(), String> {
    let target = sandbox.path("plain");
    let run = sandbox.cargo(dir, &[words, &["--quiet", "--target-dir", target.to_str().expect("Unicode")]].concat());
    if run.0.status.success() { Ok(()) } else { Err(run.stderr()) }
}
