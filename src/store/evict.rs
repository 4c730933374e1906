//! What is removed, and in which order: results unused for too long, then the least recently used until all fits.
//!
//! It must never leave a result whose blob is gone: results go before their blobs, and blobs taken in for a result that
//! is still to come stay. Nothing here can break a running build: a file that was linked or opened stays readable, and a
//! blob that has just gone is a miss.

use std::{collections::HashSet, sync::TryLockError};

use super::{
    Alike, Store, StoreError, Table, Variant,
    commands::StoredCommand,
    index::Changes,
    lock,
    plan::Plan,
    records::Unit,
    uses::{DAY, Kind, Use},
    verify::as_digest,
};
use crate::{
    artifact::record::{InvocationRecord, decode},
    base::{clock, digest::Digest, failpoint, fs::tree_size},
};

/// Entries removed in one write.
const BATCH: usize = 256;
/// Facts about files are cheap to find again: beyond this many, all go.
const MOST_DIGESTS: u64 = 500_000;
const MOST_EXTERNS: u64 = 200_000;
const MOST_FACTS: u64 = 100_000;
const MOST_COMMANDS: u64 = 20_000;
const MOST_LISTS: u64 = 5_000;

/// How big the store is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sizes {
    /// Results.
    pub entries: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub index_bytes: u64,
}

impl Store {
    /// Sizes of the store; counts entries, so not for every compile.
    pub fn sizes(&self) -> Sizes {
        self.settle();
        let results = self.index.scan(Table::Uses, |_, v| decode::<Use>(v).filter(|u| u.kind == Kind::Result).map(drop));
        let ledger = lock(&self.ledger);
        Sizes {
            entries: results.map_or(0, |r| r.len() as u64),
            blobs: ledger.count,
            blob_bytes: ledger.bytes,
            index_bytes: tree_size(&self.layout.db()),
        }
    }

    /// Cleans up if the store is too big, or once a day. To be called after publishing; returns what was removed.
    ///
    /// # Errors
    /// As [`Store::clean`].
    pub fn maybe_evict(&self) -> Result<(u64, u64), StoreError> {
        self.settle();
        let bytes = lock(&self.ledger).bytes + tree_size(&self.layout.db());
        let age = self.uses.age(clock::wall_secs());
        let cleaned: u64 = self.index.get(Table::Meta, b"cleaned").unwrap_or(0);
        if bytes <= self.limits.max_bytes && age < cleaned + DAY {
            return Ok((0, 0));
        }
        let _cleaning = match self.cleaning.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Somebody is at it.
            Err(TryLockError::WouldBlock) => return Ok((0, 0)),
        };
        self.clean_alone(false, false)
    }

    /// Removes what the limits ask for, or everything; returns how many results and bytes went (or would go).
    ///
    /// Kept in any case: statistics, notices, facts about crates' dependencies, and blobs of results being published.
    ///
    /// # Errors
    /// If the index cannot be read or written; what was removed until then is removed.
    pub fn clean(&self, everything: bool, dry_run: bool) -> Result<(u64, u64), StoreError> {
        self.settle();
        let _cleaning = lock(&self.cleaning);
        self.clean_alone(everything, dry_run)
    }

    fn clean_alone(&self, everything: bool, dry_run: bool) -> Result<(u64, u64), StoreError> {
        if !dry_run {
            self.adopt_files();
        }
        lock(&self.ledger).keep_named(true);
        let result = self.plan().and_then(|mut plan| {
            let victims = self.choose(&plan, everything);
            if dry_run { Ok(self.foresee(&mut plan, &victims)) } else { self.carry_out(plan, &victims, everything) }
        });
        lock(&self.ledger).keep_named(false);
        result
    }

    fn carry_out(&self, mut plan: Plan, victims: &[usize], everything: bool) -> Result<(u64, u64), StoreError> {
        let (mut results, mut bytes) = (0, 0);
        let mut gone = HashSet::new();
        for batch in victims.chunks(BATCH) {
            let _publishing = lock(&self.publishing);
            let mut changes = Changes::default();
            for &i in batch {
                let entry = &plan.entries[i];
                let last: Option<Use> = self.index.get(Table::Uses, &entry.key.0);
                if !everything && last.is_some_and(|last| last.tick > entry.last.tick) {
                    continue;
                }
                changes.delete(Table::Actions, &entry.key.0).delete(Table::Uses, &entry.key.0);
                results += u64::from(entry.last.kind == Kind::Result);
                bytes += entry.size;
                gone.insert(i);
            }
            self.index.apply(&changes)?;
        }
        failpoint::reach("evict-before-blobs");
        gone.iter().for_each(|&i| plan.unname(i));
        for (digest, _) in plan.blobs.iter().filter(|(_, (_, named))| *named == 0) {
            bytes += self.remove_blob(digest)?.unwrap_or(0);
        }
        if everything {
            self.clear_facts()?;
        } else if !gone.is_empty() {
            self.drop_invocations(&plan, &gone)?;
            self.drop_dangling()?;
        }
        self.trim_facts(plan.now.age)?;
        if !gone.is_empty() && (everything || plan.index_bytes > self.limits.max_bytes / 4) {
            [Table::Actions, Table::Uses, Table::Blobs, Table::Inputs].iter().for_each(|t| self.index.compact(*t));
        }
        self.index.put(Table::Meta, b"cleaned", &plan.now.age)?;
        Ok((results, bytes))
    }

    /// Removes those of these blobs that no entry names.
    pub(super) fn remove_unnamed(&self, blobs: &[Digest]) -> Result<(), StoreError> {
        let _cleaning = lock(&self.cleaning);
        lock(&self.ledger).keep_named(true);
        let removed = self.plan().and_then(|plan| {
            let unnamed = |d: &&Digest| plan.blobs.get(d).is_some_and(|(_, named)| *named == 0);
            blobs.iter().filter(unnamed).try_for_each(|digest| self.remove_blob(digest).map(drop))
        });
        lock(&self.ledger).keep_named(false);
        removed
    }

    fn clear_facts(&self) -> Result<(), StoreError> {
        for table in [
            Table::Invocations,
            Table::Inputs,
            Table::Digests,
            Table::Units,
            Table::Facts,
            Table::Meanings,
            Table::Interfaces,
            Table::Commands,
            Table::Claims,
            Table::Packages,
            Table::Lists,
            Table::Timings,
        ] {
            self.index.clear(table)?;
        }
        self.forget_digests();
        self.forget_commands();
        self.forget_timings();
        self.layout.empty_quarantine();
        let stale = self
            .index
            .scan(Table::Uses, |k, v| decode::<Use>(v).is_none_or(|u| u.kind == Kind::Invocation).then(|| k.to_vec()))?;
        self.delete_all(Table::Uses, &stale)
    }

    /// Invocations are used together with their results, so those last used before every result left have none.
    fn drop_invocations(&self, plan: &Plan, gone: &HashSet<usize>) -> Result<(), StoreError> {
        let left = plan.entries.iter().enumerate().filter(|(i, e)| !gone.contains(i) && e.last.kind == Kind::Result);
        let oldest = left.map(|(_, e)| e.last.tick).min().unwrap_or(plan.now.tick);
        let stale = self.index.scan(Table::Uses, |k, v| {
            let stale = decode::<Use>(v).is_none_or(|u| u.kind == Kind::Invocation && u.tick < oldest);
            stale.then(|| k.to_vec())
        })?;
        // Sets are listed before the invocations that may name them: one that comes later is no candidate.
        let sets = self.index.scan(Table::Inputs, |k, _| as_digest(k))?;
        self.delete_all(Table::Invocations, &stale)?;
        self.delete_all(Table::Uses, &stale)?;
        let named: HashSet<Digest> = self
            .index
            .scan(Table::Invocations, |_, v| decode::<InvocationRecord>(v).map(|r| r.input_sets))?
            .into_iter()
            .flatten()
            .collect();
        let unnamed: Vec<_> = sets.iter().filter(|d| !named.contains(d)).map(|d| d.0.to_vec()).collect();
        self.delete_all(Table::Inputs, &unnamed)
    }

    /// Meanings and interfaces that lead nowhere any more.
    fn drop_dangling(&self) -> Result<(), StoreError> {
        let meanings = self.index.scan(Table::Meanings, |k, v| Some((k.to_vec(), decode::<Alike>(v).map(|a| a.action))))?;
        let interfaces = self.index.scan(Table::Interfaces, |k, v| Some((k.to_vec(), decode::<Vec<Variant>>(v))))?;
        let is_gone = |action: Option<Digest>| action.is_none_or(|a| !self.has_action(&a));
        let lost: Vec<_> = meanings.into_iter().filter(|(_, a)| is_gone(*a)).map(|(k, _)| k).collect();
        self.delete_all(Table::Meanings, &lost)?;
        let all_gone = |list: Option<Vec<Variant>>| list.is_none_or(|l| l.iter().all(|v| is_gone(Some(v.action))));
        let lost: Vec<_> = interfaces.into_iter().filter(|(_, l)| all_gone(l.clone())).map(|(k, _)| k).collect();
        self.delete_all(Table::Interfaces, &lost)?;
        let packages = self.index.scan(Table::Packages, |k, v| Some((k.to_vec(), decode::<Vec<Digest>>(v))))?;
        let lost: Vec<_> = packages
            .into_iter()
            .filter(|(_, ids)| ids.as_ref().is_none_or(|ids| ids.iter().all(|id| is_gone(Some(*id)))))
            .map(|(k, _)| k)
            .collect();
        self.delete_all(Table::Packages, &lost)
    }

    fn trim_facts(&self, age: u64) -> Result<(), StoreError> {
        let retention = u64::from(self.limits.retention_days) * DAY;
        if retention > 0 {
            let old = self.index.scan(Table::Units, |k, v| {
                decode::<Unit>(v).is_none_or(|u| age.saturating_sub(u.age) > retention).then(|| k.to_vec())
            })?;
            self.delete_all(Table::Units, &old)?;
            let old = self.index.scan(Table::Commands, |k, v| {
                decode::<StoredCommand>(v).is_none_or(|c| age.saturating_sub(c.at) > retention).then(|| k.to_vec())
            })?;
            self.delete_all(Table::Commands, &old)?;
        }
        self.trim_claims()?;
        let facts = [
            (Table::Digests, MOST_DIGESTS),
            (Table::Externs, MOST_EXTERNS),
            (Table::Facts, MOST_FACTS),
            (Table::Commands, MOST_COMMANDS),
            (Table::Lists, MOST_LISTS),
        ];
        for (table, most) in facts {
            if self.index.estimate(table) > most {
                self.index.clear(table)?;
            }
        }
        self.forget_commands();
        Ok(())
    }

    fn delete_all(&self, table: Table, keys: &[Vec<u8>]) -> Result<(), StoreError> {
        for batch in keys.chunks(BATCH) {
            let mut changes = Changes::default();
            for key in batch {
                changes.delete(table, key);
            }
            self.index.apply(&changes)?;
        }
        Ok(())
    }
}
