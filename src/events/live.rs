//! How a build is doing while it runs.

use std::ffi::OsString;

use serde::{Deserialize, Serialize};

use super::{CutOff, Outcome};

/// Counters of one build, and what is going on in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Live {
    /// Units that were put in place before cargo began.
    pub seeded: u64,
    pub hits: u64,
    /// Recorded compile time of what was restored, minus the time it took to restore it.
    pub saved_ms: u64,
    /// Compilers that run now, of units that were looked up.
    pub running: Vec<Running>,
    /// Units that were looked up and are done, in the order in which they ended; those before the place that was asked for are left
    /// out.
    pub ended: Vec<Ended>,
    /// The target directory, once it is known.
    pub target: OsString,
}

/// A compiler that runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    /// [`super::KnownUnit::id`].
    pub id: String,
    /// For so long.
    pub ms: u64,
}

/// A unit that is done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// [`super::KnownUnit::id`].
    pub id: String,
    /// It was compiled, and whatever needs it sees another one than before.
    pub is_new: bool,
}

impl Live {
    /// Adds what became of a unit, or of several without `id`.
    pub fn add(&mut self, id: Option<String>, outcome: &Outcome) {
        match outcome {
            Outcome::Hit { saved_ms, took_ms, .. } => {
                self.hits += 1;
                self.saved_ms += saved_ms.saturating_sub(*took_ms);
            }
            Outcome::Seeded { units, saved_ms, took_ms, .. } => {
                self.seeded += units;
                self.saved_ms += saved_ms.saturating_sub(*took_ms);
            }
            Outcome::Miss { .. } | Outcome::Bypass { .. } => {}
        }
        let is_new = matches!(outcome, Outcome::Miss { cut_off, .. } if *cut_off != CutOff::Grafted);
        self.ended.extend(id.map(|id| Ended { id, is_new }));
    }
}
