//! How the crates that somebody may edit were compiled last, so that they can be compiled again without cargo.
//!
//! It must never hold the value of a secret (who notes a command sees to that) nor decide what is compiled again. A command
//! that is not known costs a better message or a check, never a build.

use std::{collections::HashMap, ffi::OsString, os::unix::ffi::OsStrExt, path::Path};

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::{Store, StoreError, Table, lock, uses::DAY};
use crate::{
    artifact::record::encode,
    base::{clock, digest::Digest, env::EnvSnapshot},
};

/// One compile as it was last asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCommand {
    pub compiler: OsString,
    /// Without response files.
    pub args: Vec<ByteBuf>,
    /// What a miss adds to them.
    pub extra_args: Vec<OsString>,
    pub cwd: OsString,
    /// Variables that a compile may depend on; no secrets.
    pub env: EnvSnapshot,
    pub umask: u32,
    /// The exact key of what was read when the outputs that stand in the target directory were made or put there.
    pub sources: Option<Digest>,
    /// The store's age when it was noted, in seconds.
    pub at: u64,
}

impl StoredCommand {
    /// The digest of what is compiled and how, apart from variables and sources.
    pub fn line(&self) -> Digest {
        Digest::of(&encode(&(&self.compiler, &self.args, &self.extra_args, &self.cwd)))
    }
}

/// What stands in the index, as far as this process knows: key to content and age.
#[derive(Default)]
pub(super) struct Noted(HashMap<Digest, (Digest, u64)>);

impl Store {
    /// The last command that made the outputs `<stem>.rmeta`, `<stem>.rlib`, … (an absolute path).
    pub fn command(&self, stem: &Path) -> Option<StoredCommand> {
        self.index.get(Table::Commands, &key(stem).0)
    }

    /// Notes a command, if it is another one than before. Without `sources`, those noted before stay.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn note_command(&self, stem: &Path, mut command: StoredCommand) -> Result<(), StoreError> {
        let (key, age) = (key(stem), self.uses.age(clock::wall_secs()));
        let given = command.sources;
        let same = |command: &StoredCommand, noted: (Digest, u64)| noted.0 == content(command) && age < noted.1 + DAY;
        let known = lock(&self.noted).0.get(&key).copied();
        if given.is_some() && known.is_some_and(|noted| same(&command, noted)) {
            return Ok(());
        }
        let _publishing = lock(&self.publishing);
        let before = self.command(stem);
        command.sources = given.or(before.as_ref().and_then(|b| b.sources));
        if !before.is_some_and(|b| same(&command, (content(&b), b.at))) {
            command.at = age;
            self.index.put(Table::Commands, &key.0, &command)?;
        }
        lock(&self.noted).0.insert(key, (content(&command), command.at));
        Ok(())
    }

    pub(super) fn forget_commands(&self) {
        lock(&self.noted).0.clear();
    }
}

fn key(stem: &Path) -> Digest {
    Digest::of(stem.as_os_str().as_bytes())
}

/// Everything but the age.
fn content(command: &StoredCommand) -> Digest {
    let StoredCommand { compiler, args, extra_args, cwd, env, umask, sources, at: _ } = command;
    Digest::of(&encode(&(compiler, args, extra_args, cwd, env, umask, sources)))
}
