//! Who may compile now: the whole policy, without clocks, threads or a machine of its own.
//!
//! Rules, the first that applies decides:
//! 1. Where nothing runs, somebody goes, whatever it needs.
//! 2. Whoever has waited [`PATIENCE`] since anything last changed, goes.
//! 3. Work that nobody waits for goes only while nobody else waits, and not while the processors are contended.
//! 4. Not more compilers than the limit, not more memory than the limit, not more memory than there is: what those that run
//!    are known to need and do not use yet is spoken for.
//! 5. Not while the machine stalls for want of memory.
//!
//! Builds take turns; within a build, the first that asks is the first to go. One that does not fit is passed over, but not
//! for longer than [`AGED`]: then everybody waits until it fits.
//!
//! # Why nobody waits for ever
//! A wrapper that waits here holds a token of its cargo's jobserver, so nothing that runs may depend on it. Nothing does: a
//! place is held by a compiler alone, from its start to its end. A compiler asks for tokens to be faster and goes on without
//! them; it starts no other compiler through us (whatever it starts inherits the variable that turns wrappers off); and
//! build scripts, which may start builds of their own, hold no place. So every place is given back after a finite time, and
//! rule 1 lets the next one go. A compiler that is stopped by hand gives nothing back: rule 2.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use crate::base::memory::Machine;

/// How long one that does not fit is passed over.
pub const AGED: Duration = Duration::from_secs(5);
/// How long nothing at all may happen.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// Percent of time in which somebody waits for memory, from which on nobody is added.
const STALLED: f64 = 20.0;
/// Percent of time in which somebody waits for a processor, from which on nothing is added that nobody waits for.
const CONTENDED: f64 = 60.0;

/// What the configuration allows; each build has its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Compilers at a time, of all builds.
    pub jobs: Option<u64>,
    /// Bytes of all of them together.
    pub memory: Option<u64>,
}

/// A compile that would like to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Compiles of one build have the same.
    pub build: String,
    /// The memory it is expected to need.
    pub bytes: u64,
    pub limits: Limits,
    /// Nobody waits for it.
    pub background: bool,
}

/// Names a compile.
pub type Id = u64;

struct Waiting {
    id: Id,
    ask: Ask,
    since: Duration,
}

struct Running {
    bytes: u64,
    /// What it was last seen to use.
    used: u64,
}

/// Who runs and who waits. Times are those of any clock that does not go back.
#[derive(Default)]
pub struct Policy {
    next: Id,
    running: BTreeMap<Id, Running>,
    /// The first who asked comes first.
    waiting: Vec<Waiting>,
    /// When builds had their last turn.
    turns: HashMap<String, u64>,
    turn: u64,
    /// When somebody last went or ended.
    changed: Duration,
}

impl Policy {
    /// Puts a compile into the queue.
    pub fn ask(&mut self, ask: Ask, now: Duration) -> Id {
        self.next += 1;
        self.waiting.push(Waiting { id: self.next, ask, since: now });
        self.next
    }

    /// A compile has ended, or does not want to begin any more.
    pub fn leave(&mut self, id: Id, now: Duration) {
        if self.running.remove(&id).is_some() {
            self.changed = now;
        }
        self.waiting.retain(|w| w.id != id);
        let asks = |build: &String| self.waiting.iter().any(|w| w.ask.build == *build);
        if self.running.is_empty() {
            self.turns.retain(|build, _| asks(build));
        }
    }

    pub fn is_running(&self, id: Id) -> bool {
        self.running.contains_key(&id)
    }

    /// Those that run.
    pub fn running(&self) -> impl Iterator<Item = Id> {
        self.running.keys().copied()
    }

    /// What a compile uses now.
    pub fn note_used(&mut self, id: Id, bytes: u64) {
        if let Some(running) = self.running.get_mut(&id) {
            running.used = bytes;
        }
    }

    /// Lets go whoever may; says whether anybody did.
    pub fn admit(&mut self, now: Duration, machine: Machine) -> bool {
        // What was admitted since the machine was looked at uses nothing yet, and is spoken for.
        let mut any = false;
        while let Some(at) = self.first_that_fits(now, machine) {
            let Waiting { id, ask, .. } = self.waiting.remove(at);
            self.running.insert(id, Running { bytes: ask.bytes, used: 0 });
            self.turn += 1;
            self.turns.insert(ask.build, self.turn);
            self.changed = now;
            any = true;
        }
        any
    }

    fn first_that_fits(&self, now: Duration, machine: Machine) -> Option<usize> {
        let mut firsts: Vec<usize> = Vec::new();
        for (at, waiting) in self.waiting.iter().enumerate() {
            let same = |first: &&usize| {
                let other = &self.waiting[**first].ask;
                (&other.build, other.background) == (&waiting.ask.build, waiting.ask.background)
            };
            if firsts.iter().find(same).is_none() {
                firsts.push(at);
            }
        }
        let turn = |at: &usize| {
            let ask = &self.waiting[*at].ask;
            (ask.background, self.turns.get(&ask.build).copied().unwrap_or(0), *at)
        };
        firsts.sort_by_key(turn);
        for at in firsts {
            let waiting = &self.waiting[at];
            if self.fits(waiting, now, machine) {
                return Some(at);
            }
            if now.saturating_sub(waiting.since) >= AGED {
                return None;
            }
        }
        None
    }

    fn fits(&self, waiting: &Waiting, now: Duration, machine: Machine) -> bool {
        let Ask { bytes, limits, background, .. } = &waiting.ask;
        if self.running.is_empty() || now.saturating_sub(self.changed.max(waiting.since)) >= PATIENCE {
            return true;
        }
        if *background && (self.waiting.iter().any(|w| !w.ask.background) || machine.cpu_pressure >= CONTENDED) {
            return false;
        }
        let held: u64 = self.running.values().map(|r| r.bytes.max(r.used)).sum();
        let spoken_for: u64 = self.running.values().map(|r| r.bytes.saturating_sub(r.used)).sum();
        limits.jobs.is_none_or(|jobs| (self.running.len() as u64) < jobs)
            && limits.memory.is_none_or(|memory| held.saturating_add(*bytes) <= memory)
            && machine.free.is_none_or(|free| spoken_for.saturating_add(*bytes) <= free)
            && machine.memory_pressure < STALLED
    }
}

#[cfg(test)]
mod tests;
