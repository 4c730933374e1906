//! What many edits have shown, as a table.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::Value;

use crate::template::Edit;

type Counts = BTreeMap<String, u64>;

/// Sums over steps.
#[derive(Default)]
pub struct Report {
    pub steps: u64,
    pub reverts: u64,
    /// Steps that do not compile; what the compilers say of them was compared.
    pub broken: u64,
    pub wrong: u64,
    pub compared: usize,
    edits: Counts,
    /// Counters of `stats --json` by their group.
    totals: BTreeMap<String, Counts>,
    /// For steps that compile and have edits of one kind: what became of the edited crates, and of all others that cargo
    /// asked for.
    edited: BTreeMap<String, Counts>,
    others: BTreeMap<String, Counts>,
    /// What became of the same, built again elsewhere.
    again: Counts,
    /// And in a target directory that was removed.
    removed: Counts,
}

impl Report {
    /// Adds a step: its edits, the crates they are in, and `stats --detailed --json` since the step before.
    pub fn add(&mut self, edits: &[Edit], crates: &BTreeSet<String>, compiles: bool, stats: &Value) {
        self.steps += 1;
        for edit in edits {
            *self.edits.entry(edit.kind.clone()).or_default() += 1;
        }
        let events = self.add_totals(stats);
        let kinds: BTreeSet<&str> = edits.iter().map(|e| e.kind.as_str()).collect();
        if !compiles || kinds.len() != 1 {
            return;
        }
        let kind = kinds.first().copied().unwrap_or_default();
        let newest = stats["events"].as_array().into_iter().flatten().take(usize::try_from(events).expect("few"));
        for event in newest {
            let is_edited = event["crate"].as_str().is_some_and(|name| crates.contains(name));
            let outcome = match (event["outcome"].as_str(), event["reason"].as_str()) {
                (Some("hit"), Some(how)) => format!("{how} hit"),
                (Some(outcome), _) => outcome.to_owned(),
                _ => "unknown".into(),
            };
            let table = if is_edited { &mut self.edited } else { &mut self.others };
            *table.entry(kind.into()).or_default().entry(outcome).or_default() += 1;
        }
    }

    /// Adds what was counted while the same was built again.
    pub fn add_again(&mut self, stats: &Value) {
        add_outcomes(&mut self.again, stats);
    }

    /// Adds what was counted while the same was built without a target directory.
    pub fn add_removed(&mut self, stats: &Value) {
        *self.removed.entry("times".into()).or_default() += 1;
        *self.removed.entry("units put there".into()).or_default() += stats["totals"]["seeded"].as_u64().unwrap_or(0);
        for (why, count) in stats["totals"]["not_seeded"].as_object().into_iter().flatten() {
            *self.removed.entry(format!("left out ({why})")).or_default() += count.as_u64().unwrap_or(0);
        }
        add_outcomes(&mut self.removed, stats);
    }

    /// Gives how many events were counted.
    fn add_totals(&mut self, stats: &Value) -> u64 {
        let mut events = 0;
        for group in ["hits", "misses", "bypasses", "cut_offs", "troubles"] {
            for (name, count) in stats["totals"][group].as_object().into_iter().flatten() {
                let count = count.as_u64().unwrap_or(0);
                *self.totals.entry(group.into()).or_default().entry(name.clone()).or_default() += count;
                events += if matches!(group, "hits" | "misses" | "bypasses") { count } else { 0 };
            }
        }
        events
    }

    /// How often something was counted.
    #[cfg(test)]
    pub fn total(&self, group: &str, name: &str) -> u64 {
        self.totals.get(group).and_then(|counts| counts.get(name)).copied().unwrap_or(0)
    }
}

fn add_outcomes(to: &mut Counts, stats: &Value) {
    for (name, count) in stats["totals"]["hits"].as_object().into_iter().flatten() {
        *to.entry(format!("{name} hits")).or_default() += count.as_u64().unwrap_or(0);
    }
    for (_, count) in stats["totals"]["misses"].as_object().into_iter().flatten() {
        *to.entry("compiled".into()).or_default() += count.as_u64().unwrap_or(0);
    }
}

fn listed(counts: Option<&Counts>) -> String {
    let counts = counts.into_iter().flatten();
    counts.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let edits: u64 = self.edits.values().sum();
        writeln!(
            f,
            "{} steps, {edits} edits, {} returns to an earlier state, {} steps that do not compile",
            self.steps, self.reverts, self.broken
        )?;
        writeln!(f, "{} files compared, wrong: {}", self.compared, self.wrong)?;
        for (group, counts) in &self.totals {
            writeln!(f, "  {group}: {}", listed(Some(counts)))?;
        }
        writeln!(f, "  built again elsewhere: {}", listed(Some(&self.again)))?;
        writeln!(f, "  built again in a target directory that was removed: {}", listed(Some(&self.removed)))?;
        writeln!(
            f,
            "  {:<32} {:>5}  edited crates | other crates (of steps with edits of one kind that compile)",
            "edits", "times"
        )?;
        for (kind, count) in &self.edits {
            writeln!(f, "  {kind:<32} {count:>5}  {} | {}", listed(self.edited.get(kind)), listed(self.others.get(kind)))?;
        }
        Ok(())
    }
}

#[test]
fn outcomes_are_counted_for_edits_of_one_kind() {
    let stats = serde_json::json!({
        "totals": {"hits": {"exact": 1}, "misses": {"source-changed": 1}, "bypasses": {}, "troubles": {}, "cut_offs": {"grafted": 1}},
        "events": [
            {"crate": "b", "outcome": "hit", "reason": "exact"}, {"crate": "a", "outcome": "miss", "reason": "source-changed"},
            {"crate": "a", "outcome": "miss", "reason": "of another step"}],
    });
    let mut report = Report::default();
    let edit = |kind: &str| Edit { kind: kind.into(), files: vec!["a/src/lib.rs".into()] };
    report.add(&[edit("body")], &["a".into()].into(), true, &stats);
    report.add(&[edit("body"), edit("format")], &["a".into()].into(), true, &stats);
    let text = report.to_string();
    assert!(text.contains("1 miss | 1 exact hit"), "{text}");
    assert_eq!((report.total("cut_offs", "grafted"), report.total("hits", "exact")), (2, 2));
}
