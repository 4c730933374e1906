//! Which results go: those unused for too long, then the least recently used until all fits.
//!
//! It must never remove anything.

use std::collections::HashMap;

use super::{
    BlobInfo, Store, StoreError, Table, lock,
    uses::{DAY, Kind, Use},
    verify::{as_digest, blobs_of},
};
use crate::{
    artifact::record::decode,
    base::{clock, digest::Digest, fs::tree_size},
};

/// One action as the plan sees it.
pub(super) struct Entry {
    pub key: Digest,
    pub last: Use,
    /// Bytes in the index.
    pub size: u64,
    pub blobs: Vec<Digest>,
}

/// Everything that matters for the choice.
pub(super) struct Plan {
    /// The least recently used first.
    pub entries: Vec<Entry>,
    /// Length, and how many entries name it.
    pub blobs: HashMap<Digest, (u64, u32)>,
    pub index_bytes: u64,
    /// No use so far is later.
    pub now: Use,
}

impl Store {
    pub(super) fn plan(&self) -> Result<Plan, StoreError> {
        let now = self.uses.next(&self.index, Kind::Invocation, clock::wall_secs());
        let never = Use { tick: 0, age: 0, kind: Kind::Result };
        let uses: HashMap<Digest, Use> =
            self.index.scan(Table::Uses, |k, v| Some((as_digest(k)?, decode(v)?)))?.into_iter().collect();
        let blobs = self.index.scan(Table::Blobs, |k, v| {
            // An entry that does not decode has no length, but it has a file.
            let len = decode::<BlobInfo>(v).map_or(0, |b| b.len);
            Some((as_digest(k)?, (len, 0)))
        })?;
        let mut blobs: HashMap<Digest, (u64, u32)> = blobs.into_iter().collect();
        let mut entries = self.index.scan(Table::Actions, |k, v| {
            let key = as_digest(k)?;
            let last = uses.get(&key).copied().unwrap_or(never);
            Some(Entry { key, last, size: v.len() as u64, blobs: blobs_of(v).unwrap_or_default() })
        })?;
        entries.sort_by_key(|e| e.last.tick);
        for digest in entries.iter().flat_map(|e| &e.blobs) {
            if let Some((_, named)) = blobs.get_mut(digest) {
                *named += 1;
            }
        }
        Ok(Plan { entries, blobs, index_bytes: tree_size(&self.layout.db()), now })
    }

    /// Places in the plan of the entries that go.
    pub(super) fn choose(&self, plan: &Plan, everything: bool) -> Vec<usize> {
        let max_bytes = self.limits.max_bytes;
        let retention = u64::from(self.limits.retention_days) * DAY;
        let mut named: HashMap<Digest, u32> = plan.blobs.iter().map(|(d, (_, n))| (*d, *n)).collect();
        // What no entry names goes anyway.
        let used: u64 = plan.blobs.values().filter(|(_, n)| *n > 0).map(|(len, _)| len).sum();
        let mut total = used + plan.index_bytes;
        let expired = |e: &Entry| retention > 0 && plan.now.age.saturating_sub(e.last.age) > retention;
        let mut chosen = vec![everything; plan.entries.len()];
        let mut go = |i: usize, total: &mut u64| {
            chosen[i] = true;
            let entry = &plan.entries[i];
            *total = total.saturating_sub(entry.size);
            for digest in &entry.blobs {
                if let Some(n) = named.get_mut(digest) {
                    *n -= 1;
                    if *n == 0 {
                        *total = total.saturating_sub(plan.blobs[digest].0);
                    }
                }
            }
        };
        if !everything {
            let old: Vec<usize> = (0..plan.entries.len()).filter(|&i| expired(&plan.entries[i])).collect();
            old.iter().for_each(|&i| go(i, &mut total));
            let target = if total > max_bytes { max_bytes / 10 * 9 } else { max_bytes };
            for (i, entry) in plan.entries.iter().enumerate() {
                // Splits are tiny, and without them results cannot be found.
                let large = matches!(entry.last.kind, Kind::Result | Kind::Link | Kind::State | Kind::Unit);
                if total > target && !expired(entry) && large {
                    go(i, &mut total);
                }
            }
        }
        (0..chosen.len()).filter(|&i| chosen[i]).collect()
    }

    pub(super) fn foresee(&self, plan: &mut Plan, victims: &[usize]) -> (u64, u64) {
        let mut bytes = 0;
        let mut results = 0;
        for &i in victims {
            bytes += plan.entries[i].size;
            results += u64::from(plan.entries[i].last.kind == Kind::Result);
            plan.unname(i);
        }
        let ledger = lock(&self.ledger);
        let free = plan.blobs.iter().filter(|(digest, (_, named))| *named == 0 && !ledger.is_pinned(digest));
        (results, bytes + free.map(|(_, (len, _))| len).sum::<u64>())
    }
}

impl Plan {
    pub fn unname(&mut self, entry: usize) {
        for digest in &self.entries[entry].blobs {
            if let Some((_, named)) = self.blobs.get_mut(digest) {
                *named -= 1;
            }
        }
    }
}
