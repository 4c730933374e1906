//! What is to be done about incremental state, and in which order.
//!
//! It must never do any of it.

use std::{
    collections::HashMap,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{base::clock::Nanos, engine::states::StateUnit};

/// How long a unit must not have been compiled before its state is taken.
const REST: Duration = Duration::from_secs(30);
/// Compile time that may be spent on making state after a build, in milliseconds as the units took them.
const BUDGET: u64 = 60_000;
/// Sources written within the same span, in nanoseconds, count as equally new: a checkout writes them all.
const SPAN: Nanos = 3_600_000_000_000;
/// Units that may wait.
const MOST: usize = 2_000;

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Work {
    /// Keep the state that there is.
    Take(StateUnit),
    /// Make state.
    Prime(StateUnit),
}

struct Waiting {
    unit: StateUnit,
    /// Later is greater: what is built on top comes last.
    arrived: u64,
    newest: Option<Nanos>,
}

/// What waits.
#[derive(Default)]
pub struct Queue {
    takes: HashMap<PathBuf, (StateUnit, Instant)>,
    primes: HashMap<PathBuf, Waiting>,
    arrivals: u64,
    spent_ms: u64,
}

impl Queue {
    /// A unit was restored, possibly without state.
    pub fn restored(&mut self, unit: StateUnit) {
        self.arrivals += 1;
        self.spent_ms = 0;
        if self.primes.len() < MOST {
            self.primes.insert(unit.stem.clone(), Waiting { unit, arrived: self.arrivals, newest: None });
        }
    }

    /// A unit was compiled: it has new state.
    pub fn compiled(&mut self, unit: StateUnit, now: Instant) {
        self.primes.remove(&unit.stem);
        if self.takes.len() < MOST {
            self.takes.insert(unit.stem.clone(), (unit, now + REST));
        }
    }

    /// It was broken off.
    pub fn put_back(&mut self, work: Work, now: Instant) {
        match work {
            Work::Take(unit) => drop(self.takes.entry(unit.stem.clone()).or_insert((unit, now + REST))),
            Work::Prime(unit) => {
                self.spent_ms = self.spent_ms.saturating_sub(unit.cost_ms);
                let arrived = self.arrivals + 1;
                // It may have been compiled meanwhile; then there is nothing to be made.
                if !self.takes.contains_key(&unit.stem) {
                    self.primes.entry(unit.stem.clone()).or_insert(Waiting { unit, arrived, newest: None });
                }
            }
        }
    }

    /// Everything that waits for its time has it now.
    pub fn hurry(&mut self) {
        let now = Instant::now();
        self.takes.values_mut().for_each(|(_, due)| *due = now);
    }

    /// Nothing waits.
    pub fn is_empty(&self) -> bool {
        self.takes.is_empty() && self.primes.is_empty()
    }

    /// Something is due.
    pub fn is_worth_waiting_for(&self, prime: bool) -> bool {
        let now = Instant::now();
        self.takes.values().any(|(_, due)| *due <= now) || (prime && !self.primes.is_empty())
    }

    /// Units of which it is not known how new their sources are.
    pub fn undated(&self) -> Vec<StateUnit> {
        self.primes.values().filter(|w| w.newest.is_none()).map(|w| w.unit.clone()).collect()
    }

    /// Notes when the newest source of a unit was written.
    pub fn date(&mut self, unit: &StateUnit, newest: Nanos) {
        if let Some(waiting) = self.primes.get_mut(&unit.stem) {
            waiting.newest = Some(newest);
        }
    }

    /// What is to be done next; with `prime`, state may be made. State that is there goes first: it may be gone soon.
    pub fn take(&mut self, now: Instant, prime: bool) -> Option<Work> {
        let due = self.takes.iter().find(|(_, (_, due))| *due <= now).map(|(stem, _)| stem.clone());
        if let Some((unit, _)) = due.and_then(|stem| self.takes.remove(&stem)) {
            return Some(Work::Take(unit));
        }
        // What was edited lately is edited next; then programs, and what stands near them.
        let rank = |w: &Waiting| (w.newest.unwrap_or(Nanos::MIN).div_euclid(SPAN), w.arrived);
        while prime && let Some(stem) = self.primes.iter().max_by_key(|(_, w)| rank(w)).map(|(stem, _)| stem.clone()) {
            let Some(next) = self.primes.remove(&stem) else { break };
            if self.spent_ms + next.unit.cost_ms <= BUDGET {
                self.spent_ms += next.unit.cost_ms;
                return Some(Work::Prime(next.unit));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;

    fn unit(name: &str, cost_ms: u64) -> StateUnit {
        StateUnit {
            stem: name.into(),
            key: Digest::of(name.as_bytes()),
            incremental: "/t".into(),
            crate_name: name.into(),
            cost_ms,
            speculative: true,
        }
    }

    fn order(queue: &mut Queue, newest: impl Fn(&StateUnit) -> Nanos) -> Vec<String> {
        queue.undated().iter().for_each(|unit| queue.date(unit, newest(unit)));
        std::iter::from_fn(|| queue.take(Instant::now(), true))
            .map(|work| match work {
                Work::Prime(unit) => unit.crate_name,
                Work::Take(unit) => format!("take {}", unit.crate_name),
            })
            .collect()
    }

    #[test]
    fn what_was_edited_lately_comes_first_then_what_is_on_top_within_the_budget() {
        let mut queue = Queue::default();
        for (name, cost) in [("low", 1_000), ("large", BUDGET), ("edited", 1_000), ("top", 1_000)] {
            queue.restored(unit(name, cost));
        }
        let newest = |u: &StateUnit| if u.crate_name == "edited" { 9 * SPAN } else { SPAN + i64::from(u.cost_ms == 1) };
        assert_eq!(order(&mut queue, newest), ["edited", "top", "low"]);
        assert!(queue.is_empty(), "what is too much is forgotten");
        queue.restored(unit("large", BUDGET));
        assert_eq!(queue.take(Instant::now(), false), None, "nobody wants it yet");
        assert_eq!(order(&mut queue, newest), ["large"], "another build has a budget of its own");
    }

    #[test]
    fn a_compile_takes_the_place_of_making_state_and_rests_before_it_is_kept() {
        let mut queue = Queue::default();
        queue.restored(unit("a", 1));
        queue.compiled(unit("a", 1), Instant::now());
        assert!(order(&mut queue, |_| 0).is_empty() && !queue.is_empty());
        queue.put_back(Work::Prime(unit("a", 1)), Instant::now());
        assert!(!queue.is_worth_waiting_for(true), "compiled while it was being made");
        queue.hurry();
        assert_eq!(order(&mut queue, |_| 0), ["take a"]);
        queue.put_back(Work::Prime(unit("b", 1)), Instant::now());
        assert_eq!(order(&mut queue, |_| 0), ["b"]);
    }
}
