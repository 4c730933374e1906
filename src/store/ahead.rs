//! Which results were made before anybody has asked for them, until somebody does.
//!
//! Counted like everything in [`super::stats`]: a crash forgets the last few. Results that are never asked for are forgotten in
//! favour of newer ones; what was spent on them stays counted.

use serde::{Deserialize, Serialize};

use super::{Store, lock};
use crate::{base::digest::Digest, events::AheadTotals};

/// Results that are waited for.
const MOST: usize = 500;

/// Counters, and results with their compile time in milliseconds, the oldest first.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Ahead {
    pub totals: AheadTotals,
    waiting: Vec<(Digest, u64)>,
}

impl Store {
    /// A command was run ahead, or broken off.
    pub fn ran_ahead(&self, cpu_ms: u64, cut_short: bool) {
        self.count(|ahead| {
            ahead.totals.runs += u64::from(!cut_short);
            ahead.totals.cut_short += u64::from(cut_short);
            ahead.totals.cpu_ms += cpu_ms;
        });
    }

    /// This result was made ahead.
    pub fn made_ahead(&self, action: Digest, wall_ms: u64) {
        self.count(|ahead| {
            ahead.totals.units += 1;
            ahead.totals.units_ms += wall_ms;
            ahead.waiting.retain(|(known, _)| *known != action);
            ahead.waiting.push((action, wall_ms));
            ahead.waiting.drain(..ahead.waiting.len().saturating_sub(MOST));
        });
    }

    /// A build that somebody waits for was given this result.
    pub fn asked_for(&self, action: &Digest) {
        let is_one = |ahead: &Ahead| ahead.waiting.iter().position(|(known, _)| known == action);
        let at = is_one(&lock(&self.statistics).ahead);
        if at.is_some() {
            self.count(|ahead| {
                if let Some(at) = is_one(ahead) {
                    let (_, wall_ms) = ahead.waiting.remove(at);
                    ahead.totals.used += 1;
                    ahead.totals.used_ms += wall_ms;
                }
            });
        }
    }

    /// What was compiled ahead since [`Store::since`].
    pub fn ahead_totals(&self) -> AheadTotals {
        lock(&self.statistics).ahead.totals
    }

    fn count(&self, count: impl FnOnce(&mut Ahead)) {
        let mut statistics = lock(&self.statistics);
        count(&mut statistics.ahead);
        statistics.changed(&self.index);
    }
}
