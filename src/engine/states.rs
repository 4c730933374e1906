//! Incremental state: what is kept of it, how it comes back, and how it is made where there is none.
//!
//! A member that is restored has no incremental state, so its first edit would be compiled from nothing. The state of
//! the last session is therefore kept in the store, one per unit and working directory ([`take`]), and given to the wrapper
//! when the unit is compiled and its directory is gone ([`Engine::state_for`]). Where none is kept, it is made by compiling
//! the unit once more while nothing else happens ([`ahead`]). What the compiler does with it is its own business: it
//! validates all of it, and in another working directory it ignores all of it (`crate::rustc::sessions` tells what was tried).
//!
//! Whatever fails here costs the time that the compiler would have saved, never a build.

pub mod ahead;
mod name;
pub mod take;

use std::path::{Path, PathBuf};

use super::{
    Engine, Prepared,
    plan::{Restore, Source, State},
};
use crate::{
    artifact::{Content, StateRecord},
    base::digest::{Digest, KeyHasher},
    rustc::sessions,
};

pub use name::Names;

/// Whoever gives time to this while nobody builds.
pub trait Turn {
    /// Somebody builds.
    fn is_over(&self) -> bool;

    /// Runs a compiler that is killed, with its children, when somebody builds.
    ///
    /// # Errors
    /// If it cannot be started, or was killed for that reason.
    fn run(&self, command: &mut std::process::Command) -> std::io::Result<()>;
}

/// A unit that is compiled incrementally, as far as its state is concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateUnit {
    /// The outputs without extension, under which its command is noted.
    pub stem: PathBuf,
    /// What its state is kept under: the invocation and the working directory.
    pub key: Digest,
    /// `-C incremental`, absolute.
    pub incremental: PathBuf,
    pub crate_name: String,
    /// How long its compile took when it was last seen, in milliseconds.
    pub cost_ms: u64,
    /// The configuration lets it be compiled ahead of time.
    pub speculative: bool,
}

impl StateUnit {
    /// Nothing for units without incremental state of their own, and for build scripts, which nobody waits for.
    pub fn of(prepared: &Prepared, cost_ms: u64) -> Option<Self> {
        let incremental = prepared.places.cwd.join(prepared.inv.incremental.as_deref()?);
        let wanted = prepared.is_local() && prepared.inv.kind() != "build-script";
        wanted.then(|| Self {
            stem: prepared.stem(),
            key: key(prepared),
            incremental,
            crate_name: prepared.inv.crate_name.clone(),
            cost_ms,
            speculative: prepared.performance.speculative_compilation,
        })
    }
}

/// Sources do not count: the compiler finds out what has changed.
fn key(prepared: &Prepared) -> Digest {
    use std::os::unix::ffi::OsStrExt;
    KeyHasher::new("incremental state")
        .field("invocation", &prepared.key.key.0)
        .field("directory", prepared.places.cwd.as_os_str().as_bytes())
        .finish()
}

impl Engine {
    /// The state to put in place before a unit is compiled; nothing if it has some, or none is kept.
    pub fn state_for(&self, prepared: &Prepared) -> Option<State> {
        let unit = StateUnit::of(prepared, 0)?;
        let record = self.store.state(&unit.key)?;
        let crate_dir = unit.incremental.join(record.crate_dir.as_str());
        if sessions::latest(&crate_dir).is_some() {
            return None;
        }
        let Some(state) = self.state_plan(prepared, &record, &crate_dir) else {
            // A blob is damaged or gone.
            drop(self.store.remove_state(&unit.key));
            self.store.trouble("state-damaged");
            return None;
        };
        self.store.used_state(&unit.key);
        self.store.count_states(|t| t.placed += 1);
        Some(state)
    }

    fn state_plan(&self, prepared: &Prepared, record: &StateRecord, crate_dir: &Path) -> Option<State> {
        let file = |content: &Content| match content {
            Content::Inline(bytes) => Some(Source::Bytes(bytes.clone())),
            Content::Relocatable(_) => None,
            Content::Blob(digest) => {
                let blob = self.blob(prepared, digest)?;
                // Never a link: whatever happens to a target directory must not reach the store.
                let (path, reflink) = (blob.path.into_os_string(), self.reflink);
                Some(Source::Blob { path, digest: *digest, sig: blob.sig, reflink, link: false })
            }
        };
        let restore =
            |f: &crate::artifact::StateFile| Some(Restore { name: f.name.clone(), source: file(&f.content)?, mode: 0o666 });
        Some(State {
            crate_dir: crate_dir.as_os_str().to_owned(),
            session: record.session.clone(),
            files: record.files.iter().map(restore).collect::<Option<_>>()?,
        })
    }

    /// What was given out by [`Engine::state_for`] could not be put in place.
    pub fn state_failed(&self, prepared: &Prepared, blob: Option<&Digest>) {
        if let Some(blob) = blob {
            self.store.quarantine_blob(blob);
        }
        drop(self.store.remove_state(&key(prepared)));
        self.store.trouble("state-damaged");
    }
}
