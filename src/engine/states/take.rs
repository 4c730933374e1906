//! Taking the state of a unit into the store.
//!
//! Files that an earlier state had are not copied again: a session shares most of them with the one before, and what is
//! read is known by its digest before anything is written. Nothing is ever linked with a target directory.

use std::{fs, path::Path};

use super::{StateUnit, Turn};
use crate::{
    artifact::{Content, StateFile, StateRecord},
    base::{
        digest::{Digest, DigestFile},
        failpoint,
        fs::{FileSig, room},
        names::{BadName, OutputName},
    },
    engine::Engine,
    rustc::sessions,
    store::StoreError,
};

/// Files up to this size are kept in the index, in bytes.
const SMALL: u64 = 4096;
/// No state that is larger is kept, in bytes.
const LARGEST: u64 = 1 << 29;
/// Nor one that would fill more than this part of the store.
const SHARE: u64 = 16;
/// What must stay free on a disk, as a part of it.
const FREE: u64 = 20;

/// Why a state was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    #[error("there is none")]
    None,
    #[error("it is too large, or the disk is nearly full")]
    NoRoom,
    #[error("a secret may be in it")]
    Secret,
    #[error("something more urgent has come")]
    Interrupted,
    #[error(transparent)]
    Name(#[from] BadName),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Takes the latest state of a unit, unless it is in the store already. It is broken off when the turn is over.
    ///
    /// # Errors
    /// Why it was not taken; a state that was kept before stays.
    pub fn take_state(&self, unit: &StateUnit, turn: &dyn Turn) -> Result<(), NotTaken> {
        if self.may_hold_secret(&unit.stem) {
            return Err(NotTaken::Secret);
        }
        let command = self.store.command(&unit.stem).ok_or(NotTaken::None)?;
        let crate_dir = self.state_dir(unit, &command, turn);
        let crate_dir = crate_dir.ok_or(if turn.is_over() { NotTaken::Interrupted } else { NotTaken::None })?;
        let session = sessions::latest(&crate_dir).ok_or(NotTaken::None)?;
        let known = self.store.state(&unit.key);
        if known.is_some_and(|k| k.session.as_str() == session.as_str()) {
            self.store.used_state(&unit.key);
            return Ok(());
        }
        let _held = sessions::hold(&crate_dir, &session)?;
        let dir = crate_dir.join(session.as_str());
        let files = files_of(&dir)?;
        let size: u64 = files.iter().map(|(_, sig)| sig.size).sum();
        if size > LARGEST.min(self.store.limits().max_bytes / SHARE) || !self.has_room(self.store.root(), size) {
            return Err(NotTaken::NoRoom);
        }
        let mut taken = Vec::with_capacity(files.len());
        for (name, sig) in files {
            let one = if turn.is_over() { Err(NotTaken::Interrupted) } else { self.take_file(&dir, name, &sig) };
            match one {
                Ok(file) => taken.push(file),
                Err(error) => {
                    self.store.release(taken.iter().filter_map(|f: &StateFile| f.content.blob()));
                    return Err(error);
                }
            }
        }
        failpoint::reach("state-before-record");
        let crate_dir = OutputName::new(crate_dir.file_name().unwrap_or_default().to_string_lossy())?;
        let record = StateRecord { crate_dir, session: OutputName::new(session.as_str())?, files: taken };
        let blobs: Vec<Digest> = record.blobs().collect();
        self.store.put_state(&unit.key, record).inspect_err(|_| self.store.release(blobs))?;
        self.store.count_states(|t| t.kept += 1);
        Ok(())
    }

    fn take_file(&self, dir: &Path, name: OutputName, sig: &FileSig) -> Result<StateFile, NotTaken> {
        let path = dir.join(name.as_str());
        let content = if sig.size <= SMALL {
            Content::Inline(fs::read(&path)?)
        } else {
            // Reading it first spares a copy of what is there already.
            self.store.digest(&path)?;
            Content::Blob(self.store.ingest(&path, sig, false)?)
        };
        Ok(StateFile { name, content, len: sig.size })
    }

    /// So many bytes may be written below `dir`, with something left.
    pub(super) fn has_room(&self, dir: &Path, bytes: u64) -> bool {
        room(dir).is_ok_and(|(free, all)| free > bytes.saturating_add(all / FREE))
    }
}

/// The files of a session; anything else in it is a reason to leave it alone.
fn files_of(dir: &Path) -> Result<Vec<(OutputName, FileSig)>, NotTaken> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        if !meta.is_file() {
            return Err(NotTaken::None);
        }
        files.push((OutputName::new(entry.file_name().to_string_lossy())?, FileSig::from_metadata(&meta)));
    }
    Ok(files)
}
