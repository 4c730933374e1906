//! The last builds of every target directory, and what is remembered of the units in them.
//!
//! ```text
//! t                                  the target directories, the newest first
//! b <target> <number> 0              a build's head
//! b <target> <number> 1 <place>      one of its units
//! u <unit>                           what is remembered of a unit
//! l <target>                         what a link takes with each linker
//! ```
//! Entries are only ever added, a few at a time, until their build is too old; a daemon that starts in the middle of a build
//! goes on with it. What cannot be read or written is missing from a report, and nothing else depends on it.

use std::{
    collections::HashMap,
    ffi::{OsStr, OsString},
    os::unix::ffi::OsStrExt,
    path::Path,
};

use super::{
    Store, StoreError, Table,
    index::{Changes, Index},
    lock,
};
use crate::{
    artifact::record::decode,
    base::{clock, digest::Digest},
    events::{BuildHead, BuildRecord, KnownUnit, LinkTimes, Spent, UnitRun},
};

/// Builds that are kept of each target directory.
const BUILDS: u64 = 20;
/// Target directories whose builds are kept.
const TARGETS: usize = 64;
/// Units that are remembered.
const UNITS: usize = 20_000;
/// Units of one build that are kept.
const LONGEST: u32 = 10_000;
/// Builds that may be going on at a time; more than these are looked up again.
const OPEN: usize = 16;
/// How many entries may wait to be written.
const BATCH: usize = 64;
/// The time at which a process was started is known to this much, in nanoseconds.
const JITTER: i64 = 50_000_000;
/// What is remembered is written again after this many seconds, for its age alone.
const DAY: u64 = 86_400;

/// What is in memory.
#[derive(Default)]
pub(super) struct Journal {
    open: Vec<Open>,
    known: HashMap<String, KnownUnit>,
    pending: Changes,
    waiting: usize,
}

/// A build that is going on.
struct Open {
    head: BuildHead,
    number: u64,
    /// The place of the next unit.
    next: u32,
}

impl Store {
    /// Adds a unit to its build. `unit` is what there is to know of it apart from what it costs; `measured` is whether what
    /// it has spent was measured just now.
    pub fn note_timing(&self, head: &BuildHead, run: UnitRun, unit: Option<KnownUnit>, measured: bool) {
        let mut journal = lock(&self.journal);
        if let Some(unit) = unit {
            self.remember_cost(&mut journal, unit, run.spent, measured);
        }
        let at = self.open_build(&mut journal, head);
        let Open { head, number, next } = &mut journal.open[at];
        if *next < LONGEST {
            let key = unit_key(&head.target, *number, *next);
            *next += 1;
            journal.put(&key, &run);
        }
        journal.write_some(&self.index);
    }

    fn remember_cost(&self, journal: &mut Journal, unit: KnownUnit, spent: Option<Spent>, measured: bool) {
        let before = journal.known.get(&unit.id).cloned().or_else(|| self.index.get(Table::Timings, &known_key(&unit.id)));
        let (last, most) = before.as_ref().map(|b| (b.last, b.most)).unwrap_or_default();
        let mut unit = KnownUnit { last, most, ..unit };
        if let Some(spent) = spent.filter(|_| measured || unit.most.wall_ms == 0) {
            unit.measured(spent);
        }
        let same = before.is_some_and(|b| unit.at < b.at + DAY && KnownUnit { at: b.at, ..unit.clone() } == b);
        if same {
            return;
        }
        if journal.known.len() > UNITS / 4 {
            journal.known.clear();
        }
        journal.put(&known_key(&unit.id), &unit);
        journal.known.insert(unit.id.clone(), unit);
    }

    /// The place of a build in the journal, after it was begun or found again.
    fn open_build(&self, journal: &mut Journal, head: &BuildHead) -> usize {
        let is_it = |o: &Open| o.head.name == head.name && o.head.target == head.target;
        let at = journal.open.iter().position(is_it).unwrap_or_else(|| {
            let found = self.find_build(journal, head);
            if journal.open.len() >= OPEN {
                journal.open.remove(0);
            }
            journal.open.push(found);
            journal.open.len() - 1
        });
        let Open { head: noted, number, .. } = &mut journal.open[at];
        let better = BuildHead {
            root: if noted.root.is_empty() { head.root.clone() } else { noted.root.clone() },
            command: if noted.command.is_empty() { head.command.clone() } else { noted.command.clone() },
            started: if head.started + JITTER < noted.started { head.started } else { noted.started },
            ..noted.clone()
        };
        if better != *noted {
            *noted = better;
            let (key, head) = (build_key(&noted.target, *number), noted.clone());
            journal.put(&[&key[..], &[0]].concat(), &head);
        }
        at
    }

    fn find_build(&self, journal: &mut Journal, head: &BuildHead) -> Open {
        journal.write(&self.index);
        let builds = self.heads(&head.target);
        if let Some((number, noted)) = builds.iter().find(|(_, noted)| noted.name == head.name) {
            let units = self.index.scan_prefix(Table::Timings, &units_key(&head.target, *number), |_, _| Some(()));
            let next = u32::try_from(units.len()).unwrap_or(LONGEST);
            return Open { head: noted.clone(), number: *number, next };
        }
        let number = builds.last().map_or(0, |(last, _)| last + 1);
        for (old, _) in builds.iter().filter(|(old, _)| old + BUILDS <= number) {
            self.forget_below(journal, &build_key(&head.target, *old));
        }
        self.note_target(journal, &head.target);
        self.forget_units(journal);
        journal.put(&[&build_key(&head.target, number)[..], &[0]].concat(), head);
        Open { head: head.clone(), number, next: 0 }
    }

    fn note_target(&self, journal: &mut Journal, target: &OsString) {
        let mut all: Vec<OsString> = self.index.get(Table::Timings, b"t").unwrap_or_default();
        if all.first() == Some(target) {
            return;
        }
        all.retain(|t| t != target);
        all.insert(0, target.clone());
        for gone in all.split_off(all.len().min(TARGETS)) {
            self.forget_below(journal, &target_key(&gone));
            journal.delete(&links_key(&gone));
        }
        journal.put(b"t", &all);
    }

    /// Forgets the units that were not asked for the longest, if there are too many.
    fn forget_units(&self, journal: &mut Journal) {
        // Cheap, and never too small by much.
        if self.index.estimate(Table::Timings) < UNITS as u64 {
            return;
        }
        let mut ages =
            self.index.scan_prefix(Table::Timings, b"u", |k, v| Some((decode::<KnownUnit>(v).map_or(0, |u| u.at), k.to_vec())));
        if ages.len() > UNITS {
            ages.sort();
            ages.truncate(ages.len() - UNITS / 4 * 3);
            ages.iter().for_each(|(_, key)| journal.delete(key));
            journal.known.clear();
        }
    }

    fn forget_below(&self, journal: &mut Journal, prefix: &[u8]) {
        self.index.scan_prefix(Table::Timings, prefix, |k, _| Some(k.to_vec())).iter().for_each(|key| journal.delete(key));
    }

    /// Numbers and heads, the oldest first.
    fn heads(&self, target: &OsString) -> Vec<(u64, BuildHead)> {
        let prefix = target_key(target);
        self.index.scan_prefix(Table::Timings, &prefix, |key, value| match key.get(prefix.len()..)? {
            [number @ .., 0] if number.len() == 8 => Some((u64::from_be_bytes(number.try_into().ok()?), decode(value)?)),
            _ => None,
        })
    }

    /// The builds in a target directory that are still on record, the newest first.
    pub fn builds(&self, target: &Path) -> Vec<BuildRecord> {
        lock(&self.journal).write(&self.index);
        let target = target.as_os_str().to_owned();
        let whole = |(number, head): (u64, BuildHead)| BuildRecord {
            units: self.index.scan_prefix(Table::Timings, &units_key(&target, number), |_, value| decode(value)),
            head,
        };
        self.heads(&target).into_iter().rev().map(whole).collect()
    }

    /// What is remembered of a unit.
    pub fn known_unit(&self, id: &str) -> Option<KnownUnit> {
        let pending = lock(&self.journal).known.get(id).cloned();
        pending.or_else(|| self.index.get(Table::Timings, &known_key(id)))
    }

    /// Notes what a link of a program in a target directory takes with each linker, in place of what was known of it.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn note_link_times(&self, target: &Path, times: &LinkTimes) -> Result<(), StoreError> {
        self.index.put(Table::Timings, &links_key(target.as_os_str()), times)
    }

    /// What a link takes with each linker, if that was measured.
    pub fn link_times(&self, target: &Path) -> Option<LinkTimes> {
        self.index.get(Table::Timings, &links_key(target.as_os_str()))
    }

    /// The target directories whose builds are on record, the newest first.
    pub fn timed_targets(&self) -> Vec<OsString> {
        lock(&self.journal).write(&self.index);
        self.index.get(Table::Timings, b"t").unwrap_or_default()
    }

    /// Writes what has not been written yet.
    ///
    /// # Errors
    /// If it could not be written; it is lost then.
    pub(super) fn flush_timings(&self) -> Result<(), StoreError> {
        lock(&self.journal).try_write(&self.index)
    }

    pub(super) fn forget_timings(&self) {
        *lock(&self.journal) = Journal::default();
    }
}

impl Journal {
    fn put<T: serde::Serialize>(&mut self, key: &[u8], value: &T) {
        self.pending.put(Table::Timings, key, value);
        self.waiting += 1;
    }

    fn delete(&mut self, key: &[u8]) {
        self.pending.delete(Table::Timings, key);
        self.waiting += 1;
    }

    fn write_some(&mut self, index: &Index) {
        if self.waiting >= BATCH {
            self.write(index);
        }
    }

    /// What cannot be written is missing from a report; the index tells of the failure.
    fn write(&mut self, index: &Index) {
        drop(self.try_write(index));
    }

    fn try_write(&mut self, index: &Index) -> Result<(), StoreError> {
        self.waiting = 0;
        index.apply(&std::mem::take(&mut self.pending))
    }
}

impl BuildHead {
    /// Now, as far as nothing else is known.
    pub fn now(name: &str, target: &Path) -> Self {
        Self { name: name.to_owned(), target: target.into(), started: clock::wall_nanos(), ..Self::default() }
    }
}

fn target_key(target: &OsString) -> Vec<u8> {
    [&b"b"[..], &Digest::of(target.as_bytes()).0[..16]].concat()
}

fn links_key(target: &OsStr) -> Vec<u8> {
    [&b"l"[..], &Digest::of(target.as_bytes()).0[..16]].concat()
}

fn build_key(target: &OsString, number: u64) -> Vec<u8> {
    [&target_key(target)[..], &number.to_be_bytes()].concat()
}

fn units_key(target: &OsString, number: u64) -> Vec<u8> {
    [&build_key(target, number)[..], &[1]].concat()
}

fn unit_key(target: &OsString, number: u64, place: u32) -> Vec<u8> {
    [&units_key(target, number)[..], &place.to_be_bytes()].concat()
}

fn known_key(id: &str) -> Vec<u8> {
    [&b"u"[..], &Digest::of(id.as_bytes()).0[..16]].concat()
}
