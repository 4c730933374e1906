//! What became of one invocation.

use serde::{Deserialize, Serialize};

use super::Reason;
use crate::rustc::WhyNot;

/// How a result was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HitKind {
    /// The same bytes went in.
    Exact,
}

/// The verdict on one invocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Restored; the compile that made it took `saved_ms`, putting it back `took_ms`.
    Hit { kind: HitKind, saved_ms: u64, took_ms: u64, bytes: u64 },
    /// Compiled.
    Miss { reason: Reason, compile_ms: u64 },
    /// Not looked up.
    Bypass { why: WhyNot },
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
}
