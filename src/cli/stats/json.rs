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
//!    "linkers": {"mold": 3},            // what was linked, compiled or not, by who linked it
//!    "waited": 4, "waited_ms": 9000,    // compiles that waited for memory or a place
//!    "cut_offs": {"grafted": 1},        // compiles whose dependents were spared, and why others' were not
//!    "seeded": 319, "seed_ms": 90, "not_seeded": {"gone": 1},  // units put in place before cargo began, and not
//!    "saved_ms": 34200, "compile_ms": 800, "restored_bytes": 1000},
//!  "states": {"kept":3, "placed":1, "primed":12, "primed_ms":5100},   // incremental state: kept, put back, made
//!  "units": {"builds":2, "taken_in":640, "left_out":{"location":{"count":1, "units":["x-0123456789abcdef"]}}},
//!                                       // units of builds that went into the store and that did not, by reason, with examples
//!  "ahead": {"runs":4, "cut_short":1, "cpu_ms":9000, "units":12, "units_ms":8000, "used":10, "used_ms":7000},   // compiled ahead
//!  "cache": {"entries":3, "blobs":6, "blob_bytes":9, "index_bytes":1, "max_bytes":20},
//!  "kinds": {"exact": {"count":52,"saved_ms":34200,"bytes":1000}},            // --detailed, by kind of hit
//!  "reasons": {"source-changed": {"count":1,"compile_ms":800}},               // --detailed, by reason of a miss
//!  "predictions": {"seeds_used":300,"seeds_idle":2,"states_used":4},          // --detailed
//!  "daemon": {"version":"0.1.0","pid":7,"uptime_secs":9,"queued":0,"in_flight":0,"memory_bytes":1,
//!             "degraded":null,"breaker_open":false},                          // --detailed
//!  "crates": [{"name":"serde","hits":1,"misses":0,"bypasses":0,"compile_ms":0,"saved_ms":3000,"restored_bytes":1000,
//!              "by_kind":{…},"by_reason":{…},"by_bypass":{}}],                 // --detailed
//!  "events": [{"at":1,"session":"…","crate":"serde","unit":"serde 1.0.1 lib",                       // --detailed,
//!              "outcome":"hit|miss|bypass|seeded","reason":"exact","sentence":"…","ms":3000,"cut_off":"grafted",             // newest first
//!              "tools":["linked by mold"]}]}
//! ```
//! `schema.json` beside this file says the same to programs. What was seeded has bytes, but no time: no compile time is on
//! record for units that are put in place whole. Keys may be added within a version, and readers must pass over those they do not know; a key that goes or changes
//! its meaning raises the version. `ms` is the time saved for a hit, in the compiler for a miss, absent for a bypass.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::crates::{self, CrateRow};
use crate::{
    events::{AheadTotals, CutOff, Gain, Loss, Outcome, Predictions, StateTotals, UnitEvent, UnitTotals},
    ipc::{
        breaker,
        protocol::{HealthReply, StatsReply},
    },
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
    pub units: UnitTotals,
    #[serde(default)]
    pub ahead: AheadTotals,
    pub cache: Cache,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<BTreeMap<String, Gain>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasons: Option<BTreeMap<String, Loss>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predictions: Option<Predictions>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daemon: Option<Health>,
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
    #[serde(default)]
    pub linkers: BTreeMap<String, u64>,
    #[serde(default)]
    pub waited: u64,
    #[serde(default)]
    pub waited_ms: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cache {
    pub entries: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub index_bytes: u64,
    pub max_bytes: u64,
}

/// How the daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub version: String,
    pub pid: u32,
    pub uptime_secs: u64,
    /// Results handed over and not stored yet.
    pub queued: u64,
    /// Compiles under way.
    pub in_flight: u64,
    pub memory_bytes: Option<u64>,
    /// What keeps the store from taking new results.
    pub degraded: Option<String>,
    /// Builds go without a cache for a while, because the daemon did not answer in time.
    pub breaker_open: bool,
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
    /// Who linked it or made its machine code, where there is something to tell.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<String>,
}

impl Document {
    /// The document for a reply; with details if it is told how the daemon is.
    pub fn new(stats: &StatsReply, health: Option<&HealthReply>) -> Self {
        let (totals, size, detailed) = (&stats.totals, &stats.size, health.is_some());
        let rows = crates::rows(&stats.crates);
        Self {
            schema_version: SCHEMA_VERSION,
            since: stats.since,
            totals: Sums {
                hits: totals.hits.iter().map(|(k, n)| (k.name().to_owned(), *n)).collect(),
                misses: totals.misses.clone(),
                bypasses: totals.bypasses.clone(),
                troubles: totals.troubles.clone(),
                linkers: totals.linkers.clone(),
                waited: totals.waited,
                waited_ms: totals.waited_ms,
                cut_offs: totals.cut_offs.clone(),
                saved_ms: totals.saved_ms,
                compile_ms: totals.compile_ms,
                restored_bytes: totals.restored_bytes,
                seeded: totals.seeded,
                seed_ms: totals.seed_ms,
                not_seeded: totals.not_seeded.clone(),
            },
            states: stats.states,
            units: stats.units.clone(),
            ahead: stats.ahead,
            cache: Cache {
                entries: size.entries,
                blobs: size.blobs,
                blob_bytes: size.blob_bytes,
                index_bytes: size.index_bytes,
                max_bytes: size.max_bytes,
            },
            kinds: detailed.then(|| crates::by_kind(&rows)),
            reasons: detailed.then(|| crates::by_reason(&rows)),
            predictions: detailed.then_some(stats.predictions),
            daemon: health.map(Health::new),
            crates: detailed.then_some(rows),
            events: detailed.then(|| stats.events.iter().map(Event::new).collect()),
        }
    }
}

impl Health {
    /// What a daemon tells of itself, and what its clients think of it.
    pub fn new(told: &HealthReply) -> Self {
        Self {
            version: told.version.clone(),
            pid: told.pid,
            uptime_secs: told.uptime_secs,
            queued: told.queued,
            in_flight: told.in_flight,
            memory_bytes: told.memory_bytes,
            degraded: told.degraded.clone(),
            breaker_open: breaker::is_open(Path::new(&told.store)),
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
            tools: event.tools.clauses(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As version 1 was first written, with a key that did not exist then.
    const FIRST: &str = include_str!("first.json");

    #[test]
    fn version_one_still_parses_and_is_what_we_write() {
        let old: Document = serde_json::from_str(FIRST).expect("the fixture parses");
        let now = Document::new(&crate::cli::stats::tests::history(), Some(&HealthReply::default()));
        assert_eq!((&old.totals, &old.cache, &old.events), (&now.totals, &now.cache, &now.events));
        assert_eq!((old.schema_version, old.since), (now.schema_version, now.since));
        // What is more today is all that differs.
        let less = |row: CrateRow| CrateRow {
            name: row.name,
            hits: row.hits,
            misses: row.misses,
            bypasses: row.bypasses,
            compile_ms: row.compile_ms,
            saved_ms: row.saved_ms,
            ..CrateRow::default()
        };
        assert_eq!(old.crates, now.crates.map(|rows| rows.into_iter().map(less).collect()));
        assert_eq!((old.kinds, old.daemon), (None, None));
        assert_eq!(now.kinds.expect("there")["exact"], Gain { count: 1, saved_ms: 2_995, bytes: 2_000 });
        assert_eq!(now.reasons.expect("there")["first-seen"], Loss { count: 1, compile_ms: 1_400 });
    }
}
