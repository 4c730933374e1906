//! The JSON document of `stats --json`, schema version 1, on one line.
//!
//! ```json
//! {"schema_version":1,
//!  "since": 1700000000,                 // seconds since 1970 of the last reset
//!  "totals": {
//!    "hits": {"exact": 52},             // by kind: exact, semantic, cut-off, relinked
//!    "misses": {"source-changed": 1},   // by reason; the names are a closed set
//!    "bypasses": {"linker": 2},         // not looked up, by reason
//!    "troubles": {},                    // went wrong without harm, by name
//!    "cut_offs": {"grafted": 1},        // compiles whose dependents were spared, and why others' were not
//!    "seeded": 319, "seed_ms": 90, "not_seeded": {"gone": 1},  // units put in place before cargo began, and not
//!    "saved_ms": 34200, "compile_ms": 800, "restored_bytes": 1000},
//!  "states": {"kept":3, "placed":1, "primed":12, "primed_ms":5100},   // incremental state: kept, put back, made
//!  "ahead": {"runs":4, "cut_short":1, "cpu_ms":9000, "units":12, "units_ms":8000, "used":10, "used_ms":7000},   // compiled ahead
//!  "cache": {"entries":3, "blobs":6, "blob_bytes":9, "index_bytes":1, "max_bytes":20},
//!  "crates": [{"name":"serde","hits":1,"misses":0,"bypasses":0,"compile_ms":0,"saved_ms":3000}],   // --detailed
//!  "events": [{"at":1,"session":"…","crate":"serde","unit":"serde 1.0.1 lib",                       // --detailed,
//!              "outcome":"hit|miss|bypass|seeded","reason":"exact","sentence":"…","ms":3000,"cut_off":"grafted"}]}             // newest first
//! ```
//! Keys may be added within a version, and readers must pass over those they do not know; a key that goes or changes
//! its meaning raises the version. `ms` is the time saved for a hit, in the compiler for a miss, absent for a bypass.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::crates::{self, CrateRow};
use crate::{
    events::{AheadTotals, CutOff, Outcome, StateTotals, UnitEvent},
    ipc::protocol::StatsReply,
};

/// The version of everything in this file.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    pub schema_version: u32,
    pub since: u64,
    pub totals: Sums,
    #[serde(default)]
    pub states: StateTotals,
    #[serde(default)]
    pub ahead: AheadTotals,
    pub cache: Cache,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crates: Option<Vec<CrateRow>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    pub hits: BTreeMap<String, u64>,
    pub misses: BTreeMap<String, u64>,
    pub bypasses: BTreeMap<String, u64>,
    pub troubles: BTreeMap<String, u64>,
    #[serde(default)]
    pub cut_offs: BTreeMap<String, u64>,
    pub saved_ms: u64,
    pub compile_ms: u64,
    pub restored_bytes: u64,
    #[serde(default)]
    pub seeded: u64,
    #[serde(default)]
    pub seed_ms: u64,
    #[serde(default)]
    pub not_seeded: BTreeMap<String, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    pub entries: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub index_bytes: u64,
    pub max_bytes: u64,
}

/// One event, flat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    pub at: u64,
    pub session: String,
    #[serde(rename = "crate")]
    pub crate_name: String,
    pub unit: String,
    pub outcome: String,
    pub reason: String,
    pub sentence: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ms: Option<u64>,
    /// Of a miss: `grafted` if its dependents were spared, else the name of the reason why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<String>,
}

impl Document {
    /// The document for a reply.
    pub fn new(stats: &StatsReply, detailed: bool) -> Self {
        let (totals, size) = (&stats.totals, &stats.size);
        Self {
            schema_version: SCHEMA_VERSION,
            since: stats.since,
            totals: Sums {
                hits: totals.hits.iter().map(|(k, n)| (k.name().to_owned(), *n)).collect(),
                misses: totals.misses.clone(),
                bypasses: totals.bypasses.clone(),
                troubles: totals.troubles.clone(),
                cut_offs: totals.cut_offs.clone(),
                saved_ms: totals.saved_ms,
                compile_ms: totals.compile_ms,
                restored_bytes: totals.restored_bytes,
                seeded: totals.seeded,
                seed_ms: totals.seed_ms,
                not_seeded: totals.not_seeded.clone(),
            },
            states: stats.states,
            ahead: stats.ahead,
            cache: Cache {
                entries: size.entries,
                blobs: size.blobs,
                blob_bytes: size.blob_bytes,
                index_bytes: size.index_bytes,
                max_bytes: size.max_bytes,
            },
            crates: detailed.then(|| crates::rows(&stats.events)),
            events: detailed.then(|| stats.events.iter().map(Event::new).collect()),
        }
    }
}

impl Event {
    /// The flat form of an event.
    pub fn new(event: &UnitEvent) -> Self {
        let (outcome, reason, sentence, ms) = match &event.outcome {
            Outcome::Hit { kind, saved_ms, .. } => ("hit", kind.name().to_owned(), kind.sentence().into(), Some(*saved_ms)),
            Outcome::Miss { reason, compile_ms, .. } => ("miss", reason.name(), reason.sentence(), Some(*compile_ms)),
            Outcome::Bypass { why } => ("bypass", why.name().to_owned(), why.sentence(), None),
            Outcome::Seeded { units, took_ms, .. } => {
                ("seeded", "seeded".to_owned(), super::sentence::of_seeding(*units), Some(*took_ms))
            }
        };
        let cut_off = match &event.outcome {
            Outcome::Miss { cut_off: CutOff::Grafted, .. } => Some("grafted".to_owned()),
            Outcome::Miss { cut_off: CutOff::Refused(why), .. } => Some(why.name().to_owned()),
            _ => None,
        };
        Self {
            at: event.at,
            session: event.session.clone(),
            crate_name: event.crate_name.clone(),
            unit: event.unit.clone(),
            outcome: outcome.into(),
            reason,
            sentence,
            ms,
            cut_off,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As version 1 was first written, with a key that did not exist then.
    const FIXTURE: &str = r#"{"schema_version":1,"since":1700000000,"totals":{"hits":{"exact":1},"misses":{"first-seen":1,"not-stored":1},
        "bypasses":{"emit":1},"troubles":{"publish-failed":1},"saved_ms":2995,"compile_ms":4500,"restored_bytes":2000},
        "cache":{"entries":3,"blobs":6,"blob_bytes":9000000,"index_bytes":1000000,"max_bytes":20000000000},"added_later":{"x":1},
        "crates":[{"name":"serde_json","hits":1,"misses":1,"bypasses":0,"compile_ms":3100,"saved_ms":2995},
            {"name":"app","hits":0,"misses":1,"bypasses":0,"compile_ms":1400,"saved_ms":0},
            {"name":"asm","hits":0,"misses":0,"bypasses":1,"compile_ms":0,"saved_ms":0}],
        "events":[{"at":40,"session":"s","crate":"app","unit":"app 0.1.0 bin","outcome":"miss","reason":"first-seen",
                "sentence":"it was never compiled through this cache before","ms":1400},
            {"at":30,"session":"s","crate":"serde_json","unit":"serde_json 1.0.1 lib","outcome":"hit","reason":"exact","sentence":"it was restored","ms":3000},
            {"at":20,"session":"s","crate":"asm","unit":"asm 0.1.0 lib","outcome":"bypass","reason":"emit",
                "sentence":"`--emit asm` makes files that cargo does not track"},
            {"at":10,"session":"s","crate":"serde_json","unit":"serde_json 1.0.1 lib","outcome":"miss","reason":"not-stored",
                "sentence":"nothing changed, but its result is not in the cache (removed to make room, or never stored)","ms":3100}]}"#;

    #[test]
    fn version_one_still_parses_and_is_what_we_write() {
        let old: Document = serde_json::from_str(FIXTURE).expect("the fixture parses");
        assert_eq!(old, Document::new(&crate::cli::stats::tests::history(), true));
    }
}
