//! Reads everything again.
//!
//! It must never report what it has not read. Damaged blobs are set aside, results that miss a blob are removed; both
//! are made again by the next compile.

use super::{
    Store, StoreError, Table,
    examine::{Effort, Verdict},
};
use crate::{
    artifact::record::{Action, decode},
    base::digest::Digest,
};

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct VerifyOutcome {
    /// Blobs that were read.
    pub checked: u64,
    /// Bytes of those that are sound.
    pub bytes: u64,
    /// Blobs whose bytes are not what their name says, or that cannot be read; set aside if possible.
    pub damaged: u64,
    /// Results that named a missing blob, or could not be decoded; removed.
    pub incomplete: u64,
}

impl Store {
    /// Hashes every blob and looks for the blobs of every result.
    ///
    /// # Errors
    /// If the index cannot be read to its end or does not take the changes.
    pub fn verify(&self) -> Result<VerifyOutcome, StoreError> {
        self.settle();
        self.adopt_files();
        let mut outcome = VerifyOutcome::default();
        for digest in self.index.scan(Table::Blobs, |key, _| as_digest(key))? {
            match self.examine(&digest, Effort::Always) {
                Verdict::Sound(sig) => {
                    outcome.checked += 1;
                    outcome.bytes += sig.size;
                }
                Verdict::Damaged => {
                    outcome.checked += 1;
                    outcome.damaged += 1;
                    self.drop_if_bad(&digest, Effort::Always);
                }
                Verdict::Unreadable => {
                    outcome.checked += 1;
                    outcome.damaged += 1;
                }
                Verdict::Gone => {
                    self.drop_if_bad(&digest, Effort::WhenInDoubt);
                }
                // Removed since the scan, or its entry does not decode: the results below tell.
                Verdict::Unknown => {}
            }
        }
        let suspects = self.index.scan(Table::Actions, |key, value| Some((as_digest(key)?, blobs_of(value))))?;
        for (key, blobs) in suspects {
            let whole = blobs.is_some_and(|blobs| blobs.iter().all(|b| self.blob(b).is_some()));
            let action = self.action(&key);
            if !whole && action.as_ref().is_none_or(|action| !self.is_whole(action)) {
                self.remove_action(&key)?;
                // A member repeats what another result says for one directory: without it that result still answers, or is told of.
                outcome.incomplete += u64::from(!matches!(action, Some(Action::Member(_))));
            }
        }
        Ok(outcome)
    }

    fn is_whole(&self, action: &Action) -> bool {
        action.blobs().iter().all(|b| self.blob(b).is_some())
    }
}

/// The blobs that an encoded action names; nothing if it does not decode.
pub(super) fn blobs_of(value: &[u8]) -> Option<Vec<Digest>> {
    decode::<Action>(value).map(|action| action.blobs())
}

pub(super) fn as_digest(key: &[u8]) -> Option<Digest> {
    Some(Digest(key.try_into().ok()?))
}
