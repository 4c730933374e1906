//! Counters and the last events, across restarts.
//!
//! It must never decide what is worth counting. Written in batches: a crash loses at most the last few events, a disk
//! that takes nothing loses the oldest unwritten ones.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::mpsc::Sender,
};

use crate::{
    base::clock,
    events::{CrateTotals, Outcome, Predictions, StateTotals, Totals, UnitEvent, UnitTotals},
};

use super::{
    Store, StoreError, Table,
    ahead::Ahead,
    index::{Changes, Index},
    lock,
};
use crate::artifact::record::decode;

/// How many events are kept.
const KEPT: u64 = 2_000;
/// How many changes may wait to be written.
const BATCH: usize = 32;

/// What is in memory.
pub(super) struct Statistics {
    totals: Totals,
    states: StateTotals,
    units: UnitTotals,
    predictions: Predictions,
    crates: BTreeMap<String, CrateTotals>,
    /// Of which the sums are not written yet.
    changed: BTreeSet<String>,
    pub(super) ahead: Ahead,
    since: u64,
    /// The number of the next event.
    next: u64,
    pending: Vec<UnitEvent>,
    unwritten: usize,
}

impl Statistics {
    pub fn read(index: &Index) -> Self {
        let mut next = 0;
        index.scan_back(Table::Stats, |key, _| {
            next = number(key).map_or(0, |n| n + 1);
            false
        });
        let since: Option<u64> = index.get(Table::Stats, b"a-since");
        Self {
            totals: index.get(Table::Stats, b"a-totals").unwrap_or_default(),
            states: index.get(Table::Stats, b"a-states").unwrap_or_default(),
            units: index.get(Table::Stats, b"a-units").unwrap_or_default(),
            predictions: index.get(Table::Stats, b"a-predictions").unwrap_or_default(),
            // What cannot be read counts from nothing.
            crates: index.scan(Table::Stats, of_crate).unwrap_or_default().into_iter().collect(),
            changed: BTreeSet::new(),
            ahead: index.get(Table::Stats, b"a-ahead").unwrap_or_default(),
            since: since.unwrap_or_else(clock::wall_secs),
            next,
            pending: Vec::new(),
            // The beginning is to be written as soon as anything is.
            unwritten: usize::from(since.is_none()),
        }
    }

    fn write(&mut self, index: &Index) -> Result<(), StoreError> {
        if self.unwritten == 0 {
            return Ok(());
        }
        let mut changes = Changes::default();
        changes.put(Table::Stats, b"a-totals", &self.totals).put(Table::Stats, b"a-since", &self.since);
        changes.put(Table::Stats, b"a-states", &self.states).put(Table::Stats, b"a-units", &self.units);
        changes.put(Table::Stats, b"a-predictions", &self.predictions).put(Table::Stats, b"a-ahead", &self.ahead);
        for name in &self.changed {
            match self.crates.get(name) {
                Some(sums) => changes.put(Table::Stats, &crate_key(name), sums),
                None => changes.delete(Table::Stats, &crate_key(name)),
            };
        }
        for (number, event) in (self.next..).zip(&self.pending) {
            changes.put(Table::Stats, &key(number), event);
            if let Some(old) = number.checked_sub(KEPT) {
                changes.delete(Table::Stats, &key(old));
            }
        }
        let written = index.apply(&changes);
        if written.is_ok() {
            self.next += self.pending.len() as u64;
            self.pending.clear();
            self.changed.clear();
            self.unwritten = 0;
        } else {
            let surplus = self.pending.len().saturating_sub(BATCH * 8);
            self.pending.drain(..surplus);
        }
        written
    }

    pub(super) fn changed(&mut self, index: &Index) {
        self.unwritten += 1;
        if self.unwritten >= BATCH {
            // Tried again with the next batch; the index tells of the failure.
            drop(self.write(index));
        }
    }
}

impl Store {
    /// Hands a copy of every event on from now; to the first who asks, for as long as there is a receiver.
    pub fn observe(&self, to: Sender<UnitEvent>) {
        // A second observer would be a fault of ours, and gets nothing.
        drop(self.observer.set(to));
    }

    /// Adds an event to counters and history.
    pub fn record(&self, event: UnitEvent) {
        if let Some(observer) = self.observer.get() {
            // Whoever does not listen any more misses nothing that is not counted below.
            drop(observer.send(event.clone()));
        }
        let mut statistics = lock(&self.statistics);
        statistics.totals.add(&event);
        if !matches!(event.outcome, Outcome::Seeded { .. }) {
            statistics.crates.entry(event.crate_name.clone()).or_default().add(&event.outcome);
            statistics.changed.insert(event.crate_name.clone());
        }
        statistics.pending.push(event);
        statistics.changed(&self.index);
    }

    /// Counts something that went wrong without harm.
    pub fn trouble(&self, name: &str) {
        let mut statistics = lock(&self.statistics);
        statistics.totals.trouble(name);
        statistics.changed(&self.index);
    }

    /// Counts a compile that had to wait for others.
    pub fn count_wait(&self, waited_ms: u64) {
        let mut statistics = lock(&self.statistics);
        statistics.totals.waited += 1;
        statistics.totals.waited_ms += waited_ms;
        statistics.changed(&self.index);
    }

    /// Counts something that was done about incremental state.
    pub fn count_states(&self, count: impl FnOnce(&mut StateTotals)) {
        let mut statistics = lock(&self.statistics);
        count(&mut statistics.states);
        statistics.changed(&self.index);
    }

    /// Counts what became of the units of a build.
    pub fn count_units(&self, count: impl FnOnce(&mut UnitTotals)) {
        let mut statistics = lock(&self.statistics);
        count(&mut statistics.units);
        statistics.changed(&self.index);
    }

    /// What became of the units of builds since [`Store::since`].
    pub fn unit_totals(&self) -> UnitTotals {
        lock(&self.statistics).units.clone()
    }

    /// Counts how good guesses were.
    pub fn count_predictions(&self, count: impl FnOnce(&mut Predictions)) {
        let mut statistics = lock(&self.statistics);
        count(&mut statistics.predictions);
        statistics.changed(&self.index);
    }

    /// How good guesses were since [`Store::since`].
    pub fn predictions(&self) -> Predictions {
        lock(&self.statistics).predictions
    }

    /// The sums of each crate since [`Store::since`], or since they were first kept.
    pub fn crate_totals(&self) -> BTreeMap<String, CrateTotals> {
        lock(&self.statistics).crates.clone()
    }

    /// What was done about incremental state since [`Store::since`].
    pub fn state_totals(&self) -> StateTotals {
        lock(&self.statistics).states
    }

    /// The counters since [`Store::since`].
    pub fn totals(&self) -> Totals {
        lock(&self.statistics).totals.clone()
    }

    /// When the counters started, in seconds since 1970.
    pub fn since(&self) -> u64 {
        lock(&self.statistics).since
    }

    /// The newest `limit` events that `wanted` picks, the newest first. `wanted` must not call the store.
    pub fn events(&self, limit: usize, wanted: impl Fn(&UnitEvent) -> bool) -> Vec<UnitEvent> {
        let statistics = lock(&self.statistics);
        let mut found: Vec<UnitEvent> = statistics.pending.iter().rev().filter(|e| wanted(e)).take(limit).cloned().collect();
        if found.len() < limit {
            self.index.scan_back(Table::Stats, |key, value| {
                if number(key).is_none() {
                    return false;
                }
                found.extend(decode::<UnitEvent>(value).filter(|e| wanted(e)));
                found.len() < limit
            });
        }
        found
    }

    /// Sets the counters to nothing from now on. The history stays: it explains, it does not count.
    pub fn reset_stats(&self) {
        let mut statistics = lock(&self.statistics);
        statistics.totals = Totals::default();
        statistics.states = StateTotals::default();
        statistics.units = UnitTotals::default();
        statistics.predictions = Predictions::default();
        let gone = std::mem::take(&mut statistics.crates);
        statistics.changed.extend(gone.into_keys());
        statistics.ahead = Ahead::default();
        statistics.since = clock::wall_secs();
        statistics.unwritten += 1;
        drop(statistics.write(&self.index));
    }

    /// Writes what has not been written yet.
    ///
    /// # Errors
    /// If it could not be written; it is tried again later.
    pub fn flush_stats(&self) -> Result<(), StoreError> {
        lock(&self.statistics).write(&self.index)
    }
}

/// The sums of a crate.
fn crate_key(name: &str) -> Vec<u8> {
    [b"c", name.as_bytes()].concat()
}

fn of_crate(key: &[u8], value: &[u8]) -> Option<(String, CrateTotals)> {
    let name = String::from_utf8(key.strip_prefix(b"c")?.to_vec()).ok()?;
    Some((name, decode(value)?))
}

/// Events sort behind everything else in their table, the newest last.
fn key(number: u64) -> Vec<u8> {
    [&b"e"[..], &number.to_be_bytes()].concat()
}

fn number(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.strip_prefix(b"e")?.try_into().ok()?))
}
