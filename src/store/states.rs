//! Incremental state: actions that are replaced by newer ones, unlike all others.
//!
//! It must never decide what is worth keeping. What a newer state does not need any more is removed at once: a unit that is
//! edited all day would fill the store otherwise.

use std::collections::HashSet;

use super::{Store, StoreError, Table, index::Changes, lock, uses::Kind};
use crate::{
    artifact::{StateRecord, record::Action},
    base::digest::Digest,
};

impl Store {
    /// The state under this key.
    pub fn state(&self, key: &Digest) -> Option<StateRecord> {
        match self.action(key) {
            Some(Action::State(state)) => Some(*state),
            _ => None,
        }
    }

    /// Stores a state in place of an earlier one. Its blobs must be in the store.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_state(&self, key: &Digest, state: StateRecord) -> Result<(), StoreError> {
        let publishing = lock(&self.publishing);
        let before: HashSet<Digest> = self.state(key).iter().flat_map(StateRecord::blobs).collect();
        let now: HashSet<Digest> = state.blobs().collect();
        let action = Action::State(Box::new(state));
        let mut changes = Changes::default();
        changes.put(Table::Actions, &key.0, &action);
        changes.put(Table::Uses, &key.0, &self.now(Kind::State));
        self.index.apply(&changes)?;
        lock(&self.ledger).unpin(action.blobs());
        drop(publishing);
        let lost: Vec<Digest> = before.difference(&now).copied().collect();
        if lost.is_empty() { Ok(()) } else { self.remove_unnamed(&lost) }
    }

    /// Removes a state, with the blobs that only it needed.
    ///
    /// # Errors
    /// If that could not be written.
    pub fn remove_state(&self, key: &Digest) -> Result<(), StoreError> {
        let lost: Vec<Digest> = self.state(key).iter().flat_map(StateRecord::blobs).collect();
        self.remove_action(key)?;
        self.remove_unnamed(&lost)
    }

    /// The state was used.
    pub fn used_state(&self, key: &Digest) {
        self.touch(key);
    }
}
