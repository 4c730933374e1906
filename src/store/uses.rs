//! When an entry was last used: by a counter, which orders, and by the store's own age, which expires.
//!
//! The age is no wall clock: it grows with the wall clock while the store is in use, but by one day at most from one
//! look to the next. A clock that jumps by years, or a month of holidays, therefore does not empty the store. Losing
//! either number costs at most a worse choice of what is removed.

use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError,
    index::{Changes, Index, Table},
    lock,
};
use crate::base::{clock, digest::Digest};

/// What kind of entry was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// An action with a result.
    Result,
    /// An action that says to look elsewhere.
    Split,
    Invocation,
    /// An action that holds a link.
    Link,
    /// A unit of a target directory.
    Unit,
    /// An action that holds incremental state.
    State,
}

/// The last use of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Use {
    /// Greater is later; no two uses have the same, except an invocation and its action.
    pub tick: u64,
    /// The store's age at that time, in seconds.
    pub age: u64,
    pub kind: Kind,
}

/// Most seconds that count between two looks at the clock.
pub const DAY: u64 = 86_400;
/// Ticks and seconds are written down in steps of this size.
const STEP: u64 = 1_000;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    tick: u64,
    age: u64,
    /// The wall clock at the last look.
    seen: u64,
}

/// The counter and the age.
pub struct Uses(Mutex<(State, State)>);

impl Uses {
    /// As last written, ahead of everything that may have been counted since.
    pub fn read(index: &Index) -> Self {
        let mut state: State = index.get(Table::Meta, b"uses").unwrap_or_default();
        state.tick += STEP;
        Self(Mutex::new((state, State::default())))
    }

    /// Counts one use at the wall-clock time `now`.
    pub fn next(&self, index: &Index, kind: Kind, now: u64) -> Use {
        let mut guard = lock(&self.0);
        let (state, written) = &mut *guard;
        state.look(now);
        state.tick += 1;
        if state.tick >= written.tick + STEP || state.age >= written.age + STEP {
            // A failure here is told by the write that follows.
            drop(index.put(Table::Meta, b"uses", state));
            *written = *state;
        }
        Use { tick: state.tick, age: state.age, kind }
    }

    /// The store's age in seconds.
    pub fn age(&self, now: u64) -> u64 {
        let mut guard = lock(&self.0);
        guard.0.look(now);
        guard.0.age
    }

    /// Writes the numbers down.
    pub fn persist(&self, index: &Index) -> Result<(), StoreError> {
        let mut guard = lock(&self.0);
        let (state, written) = &mut *guard;
        if state != written && state.seen != 0 {
            index.put(Table::Meta, b"uses", state)?;
            *written = *state;
        }
        Ok(())
    }
}

impl State {
    fn look(&mut self, now: u64) {
        if self.seen != 0 {
            self.age += now.saturating_sub(self.seen).min(DAY);
        }
        self.seen = now;
    }
}

impl Store {
    /// Notes that the entry under this key was used.
    pub fn touch(&self, key: &Digest) {
        self.touch_all(&[key]);
    }

    /// Notes that a lookup of `invocation` has led to `action`: they live and go together.
    pub fn used(&self, invocation: &Digest, action: &Digest) {
        self.touch_all(&[invocation, action]);
    }

    pub(super) fn touch_all(&self, keys: &[&Digest]) {
        let mut changes = Changes::default();
        let now = self.uses.next(&self.index, Kind::Result, clock::wall_secs());
        for key in keys {
            // Nothing is noted of what is not there: it would never be removed.
            if let Some(last) = self.index.get::<Use>(Table::Uses, &key.0) {
                changes.put(Table::Uses, &key.0, &Use { kind: last.kind, ..now });
            }
        }
        drop(self.index.apply(&changes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_jumps_ages_the_store_by_a_day_at_most() {
        let mut state = State::default();
        state.look(1_700_000_000);
        assert_eq!(state.age, 0, "the first look has nothing to compare with");
        state.look(1_700_000_100);
        assert_eq!(state.age, 100);
        state.look(1_700_000_100 + 3_650 * DAY);
        assert_eq!(state.age, 100 + DAY);
        state.look(5);
        assert_eq!(state.age, 100 + DAY, "backwards counts nothing");
    }
}
