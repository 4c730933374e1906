//! What became of one invocation.

use serde::{Deserialize, Serialize};

use super::{CutOff, Reason, Tools};
use crate::rustc::WhyNot;

/// How a result was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HitKind {
    /// The same bytes went in.
    Exact,
    /// Other bytes, of which the compiler cannot tell the difference.
    Semantic,
    /// The same bytes went in because what has changed in a crate behind it cannot be seen from outside that crate.
    CutOff,
    /// As [`HitKind::CutOff`], for a program: it was linked again from its own old objects.
    Relinked,
}

impl HitKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Semantic, Self::CutOff, Self::Relinked];

    /// The name that statistics count.
    pub fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Semantic => "semantic",
            Self::CutOff => "cut-off",
            Self::Relinked => "relinked",
        }
    }

    /// One sentence for people, lower-case.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Exact => "it was restored",
            Self::Semantic => "it was restored: what was edited makes no difference to the compiler",
            Self::CutOff => "it was restored: what was edited in a crate behind it cannot be seen from here",
            Self::Relinked => "it was linked again, not compiled: of the crates behind it, only machine code has changed",
        }
    }
}

/// The verdict on one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Restored; the compile that made it took `saved_ms`, putting it back `took_ms`.
    Hit { kind: HitKind, saved_ms: u64, took_ms: u64, bytes: u64 },
    /// Compiled.
    Miss { reason: Reason, cut_off: CutOff, compile_ms: u64 },
    /// Not looked up.
    Bypass { why: WhyNot },
    /// Before a build, so many units were put where cargo finds them; their recorded compiles and runs took `saved_ms`, as far as there
    /// are any on record. How many were left out, by reason.
    Seeded { units: u64, bytes: u64, took_ms: u64, saved_ms: u64, left_out: Vec<(String, u64)> },
}

/// One line of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitEvent {
    /// Seconds since 1970, for people.
    pub at: u64,
    /// The build it belongs to; empty outside our CLI.
    pub session: String,
    /// The crate's name as rustc knows it.
    pub crate_name: String,
    /// `name version kind`.
    pub unit: String,
    pub outcome: Outcome,
    pub tools: Tools,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_json() {
        for kind in HitKind::ALL {
            assert_eq!(serde_json::to_value(kind).expect("encodes"), kind.name());
        }
    }

    /// The wire and the index cannot read types that need to look ahead (`tag`, `untagged`, `flatten`).
    #[test]
    fn every_outcome_survives_the_wire() {
        let outcomes = [
            Outcome::Hit { kind: HitKind::Exact, saved_ms: 1, took_ms: 2, bytes: 3 },
            Outcome::Miss { reason: Reason::FirstSeen, cut_off: CutOff::NotTried, compile_ms: 1 },
            Outcome::Miss { reason: Reason::Changed(Vec::new()), cut_off: CutOff::Grafted, compile_ms: 1 },
            Outcome::Hit { kind: HitKind::CutOff, saved_ms: 1, took_ms: 2, bytes: 3 },
            Outcome::Bypass { why: WhyNot::Emit("asm".into()) },
            Outcome::Seeded { units: 1, bytes: 2, took_ms: 3, saved_ms: 5, left_out: vec![("gone".into(), 4)] },
        ];
        for outcome in outcomes {
            let wire = postcard::to_stdvec(&outcome).expect("encodes");
            assert_eq!(postcard::from_bytes(&wire), Ok(outcome));
        }
    }
}
