//! Typed access to everything in the index that is not a blob, a statistic or a use.
//!
//! It must never know how keys are made. What does not decode reads as nothing. An action, once there, is never
//! replaced: the first result under a key stays until it is removed.

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, Table,
    index::Changes,
    lock,
    uses::{Kind, Use},
};
use crate::{
    artifact::record::{Action, InvocationRecord},
    base::{clock, digest::Digest},
    fingerprint::{Component, InputSet},
};

/// How many snapshots of a unit are kept.
const SNAPSHOTS: usize = 6;

/// What one compile of a unit consisted of, to compare later ones with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub components: Vec<Component>,
    /// The key they led to.
    pub action: Digest,
    /// What its sources were, reduced; empty where nobody edits them.
    pub sketch: Vec<FileSketch>,
}

/// The start of a source file's digests: enough to see a difference, never part of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSketch {
    /// As in the components.
    pub name: String,
    pub content: u64,
    /// What other crates see of it, with and without positions; none where the file counts byte for byte.
    pub interface: Option<u64>,
    pub loose: Option<u64>,
}

/// What stands under a unit's label.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Unit {
    /// The store's age when the last one was added, in seconds.
    pub age: u64,
    /// The newest first.
    pub snapshots: Vec<Snapshot>,
    /// The most memory that lately was used to compile it, in KiB; 0 if that is not known.
    pub peak_kib: u64,
}

impl Store {
    /// The record under an invocation key.
    pub fn invocation(&self, key: &Digest) -> Option<InvocationRecord> {
        self.index.get(Table::Invocations, &key.0)
    }

    /// Sets the record under an invocation key.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_invocation(&self, key: &Digest, record: &InvocationRecord) -> Result<(), StoreError> {
        let mut changes = Changes::default();
        changes.put(Table::Invocations, &key.0, record);
        changes.put(Table::Uses, &key.0, &self.now(Kind::Invocation));
        self.index.apply(&changes)
    }

    /// The input set with this digest.
    pub fn input_set(&self, digest: &Digest) -> Option<InputSet> {
        self.index.get(Table::Inputs, &digest.0)
    }

    /// Stores an input set. It goes when no invocation names it any more, so name it soon after.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_input_set(&self, digest: &Digest, set: &InputSet) -> Result<(), StoreError> {
        self.index.put(Table::Inputs, &digest.0, set)
    }

    /// What stands under an action key.
    pub fn action(&self, key: &Digest) -> Option<Action> {
        self.index.get(Table::Actions, &key.0)
    }

    /// Stores an action unless there is one already; says whether it was stored. Its blobs must be in the store.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_action_if_absent(&self, key: &Digest, action: &Action) -> Result<bool, StoreError> {
        let _publishing = lock(&self.publishing);
        let absent = self.action(key).is_none();
        if absent {
            let kind = match action {
                Action::Done(_) => Kind::Result,
                Action::Link(_) => Kind::Link,
                Action::Unit(_) | Action::Member(_) => Kind::Unit,
                Action::State(_) => Kind::State,
                Action::Split(_) | Action::Refused(_) => Kind::Split,
            };
            let mut changes = Changes::default();
            changes.put(Table::Actions, &key.0, action);
            changes.put(Table::Uses, &key.0, &self.now(kind));
            self.index.apply(&changes)?;
        }
        // From here on the action keeps them from being removed; those of a loser are nobody's.
        lock(&self.ledger).unpin(action.blobs());
        Ok(absent)
    }

    /// Removes an action; its blobs go with the next clean-up.
    ///
    /// # Errors
    /// If that could not be written.
    pub fn remove_action(&self, key: &Digest) -> Result<(), StoreError> {
        let _publishing = lock(&self.publishing);
        let mut changes = Changes::default();
        changes.delete(Table::Actions, &key.0).delete(Table::Uses, &key.0);
        self.index.apply(&changes)
    }

    /// File names of the crates that the crate with this content was compiled against.
    pub fn externs(&self, content: &Digest) -> Option<Vec<String>> {
        self.index.get(Table::Externs, &content.0)
    }

    /// Notes the file names of the crates that a crate was compiled against.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_externs(&self, content: &Digest, names: &[String]) -> Result<(), StoreError> {
        self.index.put(Table::Externs, &content.0, &names)
    }

    /// The last compiles of a unit, the newest first.
    pub fn unit(&self, label: &str) -> Vec<Snapshot> {
        self.index.get::<Unit>(Table::Units, &unit_key(label)).unwrap_or_default().snapshots
    }

    /// Adds a compile of a unit; the newest six with different keys are kept.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn remember_unit(&self, label: &str, snapshot: Snapshot) -> Result<(), StoreError> {
        let _publishing = lock(&self.publishing);
        let key = unit_key(label);
        let mut unit: Unit = self.index.get(Table::Units, &key).unwrap_or_default();
        unit.age = self.uses.age(clock::wall_secs());
        unit.snapshots.retain(|s| s.action != snapshot.action);
        unit.snapshots.insert(0, snapshot);
        unit.snapshots.truncate(SNAPSHOTS);
        self.index.put(Table::Units, &key, &unit)
    }

    /// The memory that compiling a unit is known to need, in bytes.
    pub fn peak(&self, label: &str) -> Option<u64> {
        let unit = self.index.get::<Unit>(Table::Units, &unit_key(label))?;
        Some(unit.peak_kib).filter(|kib| *kib > 0).map(|kib| kib.saturating_mul(1024))
    }

    /// Learns how much memory a compile has used. More is believed at once, less bit by bit: an incremental compile may
    /// have had little to do.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn learn_peak(&self, label: &str, kib: u64) -> Result<(), StoreError> {
        let _publishing = lock(&self.publishing);
        let key = unit_key(label);
        let mut unit: Unit = self.index.get(Table::Units, &key).unwrap_or_default();
        let known = unit.peak_kib;
        unit.peak_kib = if kib >= known { kib } else { known - (known - kib) / 4 };
        if unit.peak_kib == known {
            return Ok(());
        }
        unit.age = self.uses.age(clock::wall_secs());
        self.index.put(Table::Units, &key, &unit)
    }

    pub(super) fn now(&self, kind: Kind) -> Use {
        self.uses.next(&self.index, kind, clock::wall_secs())
    }
}

/// Labels may be long; keys are not.
fn unit_key(label: &str) -> [u8; 32] {
    Digest::of(label.as_bytes()).0
}
