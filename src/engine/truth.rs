//! The truth about a unit: how to compile it, and the workspace's crates behind it, as if there were no cache.
//!
//! After a hit that is not exact, or a graft, metadata in the target directory is older than the sources: right for code,
//! but its places and file hashes are those of the old text. What compiles against a plain recompile of such crates in a
//! scratch directory says what plain cargo would say, and makes what plain cargo would make.
//!
//! Nothing in here runs a compiler for a build, touches a target directory, or decides what is shown. Whatever is not known
//! is a [`NoTruth`], which costs the caller a better message or a check.

mod claim;
pub mod environment;
mod farm;
mod graph;
mod workshop;

#[cfg(test)]
mod tests;

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

pub(super) use self::claim::query;
pub use self::{claim::Verdict, workshop::Workshop};

use self::{
    farm::Farm,
    graph::{Graph, Unit},
};
use super::{Engine, Prepared};
use crate::{
    base::{env::EnvSnapshot, sync::lock},
    rustc::{
        WhyNot,
        rewrite::{Change, rewrite},
    },
    store::StoredCommand,
};

/// How much is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Metadata only, without incremental compilation: enough for diagnostics, except those of code generation.
    Metadata,
    /// What was asked for, with an incremental directory of its own where there was one: object code differs with it.
    Full,
}

/// One compile of a plain rebuild.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub crate_name: String,
    pub program: OsString,
    pub args: Vec<ByteBuf>,
    pub cwd: OsString,
    /// Without secrets, and without the jobserver's.
    pub env: EnvSnapshot,
    /// Where it writes to.
    pub out_dir: OsString,
    /// The directory that cargo had asked for; it stands in messages.
    pub in_place_of: OsString,
}

impl Step {
    /// The arguments as the operating system has them.
    pub fn os_args(&self) -> Vec<OsString> {
        self.args.iter().map(|a| OsString::from_vec(a.to_vec())).collect()
    }

    /// What it said, as it would have been said in cargo's place.
    pub fn in_place(&self, text: &[u8]) -> Vec<u8> {
        crate::base::text::replace(text, self.out_dir.as_bytes(), self.in_place_of.as_bytes())
    }
}

/// A directory for a plain rebuild, removed when it is dropped. What a daemon leaves behind goes at the next start.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A fresh name in the store; nothing is there yet.
    pub fn new(engine: &Engine) -> Self {
        Self(engine.store.temp_path("truth"))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// Why there is no plain rebuild.
#[derive(Debug, thiserror::Error)]
pub enum NoTruth {
    #[error("it is not known how {0} is compiled")]
    Unknown(PathBuf),
    #[error("{0} stands between crates of this workspace and is not one")]
    Between(String),
    #[error("{}", .0.sentence())]
    WhyNot(WhyNot),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<WhyNot> for NoTruth {
    fn from(why: WhyNot) -> Self {
        Self::WhyNot(why)
    }
}

impl Engine {
    /// The plain rebuild of the unit whose outputs are `<target>.rmeta` and so on (an absolute path): the workspace's
    /// crates behind it, those that others need first, and the unit itself. `scratch` is made and filled with links.
    ///
    /// Procedural macros and build scripts are used as they are: their text is in nobody's diagnostics.
    ///
    /// # Errors
    /// [`NoTruth`]; something may stand in `scratch` then.
    pub fn steps(&self, target: &Path, scratch: &Path, mode: Mode) -> Result<Vec<Step>, NoTruth> {
        let command = self.store.command(target).ok_or_else(|| NoTruth::Unknown(target.into()))?;
        self.lay_out(&Graph::of(&self.store, target, command)?, scratch, mode)
    }

    /// As [`Engine::steps`] for the diagnostics of a unit that is being compiled. Only crates with one of these files, and
    /// those that depend on such crates, are rebuilt; all of them if the files are nobody's.
    ///
    /// # Errors
    /// As [`Engine::steps`].
    pub fn steps_for(&self, prepared: &Prepared, files: &[PathBuf], scratch: &Path) -> Result<Vec<Step>, NoTruth> {
        let mut graph = Graph::of(&self.store, &prepared.stem(), command(prepared, std::iter::empty()))?;
        graph.only_above(files);
        self.lay_out(&graph, scratch, Mode::Metadata)
    }

    /// Notes how a unit is compiled, if it is one that somebody may edit. `read` are variables that it is known to read;
    /// `sources` is the exact key of what its outputs in the target directory stand for.
    pub fn note_command<'a>(
        &self,
        prepared: &'a Prepared,
        read: impl Iterator<Item = &'a str>,
        sources: Option<crate::base::digest::Digest>,
    ) {
        // A value that a build script has passed on has another name than the secret's.
        if prepared.is_local() && !self.has_noted_secret(&prepared.stem()) {
            // Not to know it costs a better message some day.
            drop(self.store.note_command(&prepared.stem(), StoredCommand { sources, ..command(prepared, read) }));
        }
    }

    /// Outputs are put in place that were made from just these sources, by the command that is on record.
    pub(super) fn note_standing(&self, stem: &Path, sources: crate::base::digest::Digest) {
        lock(&self.grafted).remove(stem);
        if let Some(command) = self.store.command(stem).filter(|c| c.sources != Some(sources)) {
            drop(self.store.note_command(stem, StoredCommand { sources: Some(sources), ..command }));
        }
    }

    fn lay_out(&self, graph: &Graph, scratch: &Path, mode: Mode) -> Result<Vec<Step>, NoTruth> {
        let farm = Farm::plant(self, graph, scratch)?;
        let step = |unit: &Unit| {
            let args = arguments(unit, &farm, mode);
            let inv = &unit.inv;
            Step {
                crate_name: inv.crate_name.clone(),
                program: unit.command.compiler.clone(),
                args: args.into_iter().map(|a| ByteBuf::from(a.into_vec())).collect(),
                cwd: unit.command.cwd.clone(),
                env: unit.command.env.clone(),
                out_dir: farm.dir().as_os_str().to_owned(),
                in_place_of: Path::new(&unit.command.cwd).join(&inv.out_dir).into_os_string(),
            }
        };
        Ok(graph.units.iter().map(step).collect())
    }
}

/// How a unit is compiled.
fn command<'a>(prepared: &'a Prepared, read: impl Iterator<Item = &'a str>) -> StoredCommand {
    let args: Vec<OsString> = prepared.args.iter().map(|a| OsString::from_vec(a.to_vec())).collect();
    // It could be read a moment ago.
    let args = crate::rustc::args::expand_response_files(&args, &prepared.places.cwd).unwrap_or(args);
    StoredCommand {
        compiler: prepared.compiler.clone(),
        args: args.into_iter().map(|a| ByteBuf::from(a.into_vec())).collect(),
        extra_args: prepared.extra_args(),
        cwd: prepared.places.cwd.clone().into_os_string(),
        env: environment::kept(&prepared.env, read.chain(prepared.variables.iter().map(String::as_str))),
        umask: prepared.umask,
        sources: None,
        at: 0,
    }
}

/// The arguments with everything in `farm` that is to be found or written there.
fn arguments(unit: &Unit, farm: &Farm, mode: Mode) -> Vec<OsString> {
    let mut args = rewrite(&unit.args, |name, value| match (name, value.as_bytes()) {
        ("--out-dir", _) => Change::Value(farm.dir().into()),
        ("--emit", _) if mode == Mode::Metadata => Change::Value("dep-info,metadata".into()),
        ("-C", setting) if setting.starts_with(b"incremental=") => match mode {
            Mode::Metadata => Change::Drop,
            Mode::Full => Change::Value(joined("incremental=", &farm.incremental(&unit.stem))),
        },
        ("--extern", given) => match given.iter().position(|b| *b == b'=') {
            Some(at) => {
                let path = Path::new(&unit.command.cwd).join(OsStr::from_bytes(&given[at + 1..]));
                Change::Value(joined(&String::from_utf8_lossy(&given[..=at]), &farm.place(path, mode)))
            }
            None => Change::Keep,
        },
        ("-L", dir) if dir.starts_with(b"dependency=") => Change::Drop,
        _ => Change::Keep,
    });
    args.extend(["-L".into(), joined("dependency=", farm.dir())]);
    args.extend(unit.command.extra_args.iter().cloned());
    args
}

fn joined(label: &str, path: &Path) -> OsString {
    let mut value = OsString::from(label);
    value.push(path);
    value
}
