//! What was given out on the strength of more than equal bytes, so that it can be checked later.
//!
//! A claim says: "these outputs are what a plain compile of those sources would make". It must never decide whether that is
//! so. One claim is kept per result, the newest 2,000 of all.

use std::{cmp::Reverse, collections::HashSet, ffi::OsString, sync::atomic::Ordering};

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Table, index::Changes};
use crate::{artifact::record::decode, base::digest::Digest, events::HitKind};

/// How many are kept.
const MOST: usize = 2_000;
/// After so many new ones the surplus is removed.
const BATCH: u64 = 256;

/// One hit that was not exact, or that was exact because of one that was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// `name version (kind)`, for people.
    pub unit: String,
    pub kind: HitKind,
    /// Seconds since 1970.
    pub at: u64,
    /// The unit's outputs without extension (an absolute path), under which its command is noted.
    pub stem: OsString,
    /// [`StoredCommand::line`](super::StoredCommand::line) of that command at that time.
    pub command: Digest,
    /// The result that was given.
    pub action: Digest,
    /// The exact key of the sources that it was given for.
    pub sources: Digest,
    /// A crate behind it kept the metadata of an earlier version.
    pub cut_off: bool,
}

impl Store {
    /// Notes a claim in place of an earlier one for the same result.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn claim(&self, claim: &Claim) -> Result<(), StoreError> {
        self.index.put(Table::Claims, &claim.action.0, claim)?;
        if self.claimed.fetch_add(1, Ordering::Relaxed) % BATCH == BATCH - 1 {
            self.trim_claims()?;
        }
        Ok(())
    }

    /// The claim for a result.
    pub fn claim_of(&self, action: &Digest) -> Option<Claim> {
        self.index.get(Table::Claims, &action.0)
    }

    /// All claims, the newest first.
    ///
    /// # Errors
    /// If not all could be read.
    pub fn claims(&self) -> Result<Vec<Claim>, StoreError> {
        let mut all = self.index.scan(Table::Claims, |_, value| decode::<Claim>(value))?;
        all.sort_by_key(|c| Reverse(c.at));
        Ok(all)
    }

    /// Forgets a claim: its result is no longer given.
    ///
    /// # Errors
    /// If that could not be written.
    pub fn forget_claim(&self, action: &Digest) -> Result<(), StoreError> {
        self.index.delete(Table::Claims, &action.0)
    }

    /// Removes what is too much, and what does not decode.
    pub(super) fn trim_claims(&self) -> Result<(), StoreError> {
        let kept: HashSet<[u8; 32]> = self.claims()?.into_iter().take(MOST).map(|c| c.action.0).collect();
        let surplus = self.index.scan(Table::Claims, |key, _| {
            let is_kept = <[u8; 32]>::try_from(key).is_ok_and(|key| kept.contains(&key));
            (!is_kept).then(|| key.to_vec())
        })?;
        let mut changes = Changes::default();
        for key in &surplus {
            changes.delete(Table::Claims, key);
        }
        self.index.apply(&changes)
    }
}
