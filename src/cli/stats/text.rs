//! The counters as text for people.

use std::collections::BTreeMap;

use super::{crates, json::Event, sentence};
use crate::{
    base::{clock, text},
    events::{AheadTotals, HitKind, StateTotals},
    ipc::protocol::{SizeReply, StatsReply},
    ui::{
        Theme,
        summary::words,
        table::{Align, Table},
    },
};

/// Rows of the per-crate table, and of recent events.
const ROWS: usize = 20;

/// The whole report.
pub fn lines(stats: &StatsReply, detailed: bool, theme: Theme) -> Vec<String> {
    let totals = &stats.totals;
    let mut out = vec![format!("{} {}", theme.heading("Since the last reset,"), ago(clock::wall_secs(), stats.since))];
    if totals.is_empty() {
        out.push("  nothing has been built through the cache yet".into());
    }
    let hits = totals.hits.iter().map(|(k, n)| (k.name().to_owned(), *n)).collect();
    section(&mut out, theme, "Restored", &hits, sentence::of_hit);
    if totals.seeded > 0 {
        out.push(String::new());
        let took = text::millis(totals.seed_ms);
        out.push(format!("{} {} in {took}, before cargo began", theme.heading("Seeded"), text::count(totals.seeded, "unit")));
    }
    section(&mut out, theme, "Not seeded", &totals.not_seeded, |name| sentence::of_refused(name).to_owned());
    section(&mut out, theme, "Compiled", &totals.misses, sentence::of_miss);
    section(&mut out, theme, "Dependents", &totals.cut_offs, |name| sentence::of_cut_off(name).to_owned());
    section(&mut out, theme, "Not cached", &totals.bypasses, sentence::of_bypass);
    section(&mut out, theme, "Troubles", &totals.troubles, |name| sentence::of_trouble(name).to_owned());
    let mut sums = Table::new(&[Align::Left, Align::Left]);
    if !totals.is_empty() {
        sums.row(["Time saved", &text::millis(totals.saved_ms)]);
        sums.row(["Time in compilers", &text::millis(totals.compile_ms)]);
        sums.row(["Bytes restored", &text::bytes(totals.restored_bytes)]);
    }
    sums.row(["Cache", &size(&stats.size)]);
    if detailed && !stats.states.is_empty() {
        sums.row(["Incremental state", &states(&stats.states)]);
    }
    if detailed && !stats.ahead.is_empty() {
        sums.row(["Compiled ahead", &ahead(&stats.ahead)]);
    }
    out.push(String::new());
    out.extend(sums.render("", theme));
    if detailed {
        per_crate(&mut out, theme, stats);
        recent(&mut out, theme, stats);
    }
    out
}

/// `kept of 3 units, put back for 1, made for 12 units in 5.1 s`.
fn states(states: &StateTotals) -> String {
    let made = text::count(states.primed, "unit");
    let time = text::millis(states.primed_ms);
    format!("kept of {}, put back for {}, made for {made} in {time}", text::count(states.kept, "unit"), states.placed)
}

/// `12 units in 9.0 s of CPU time, 10 of them used since (7.0 s in compilers), 1 command broken off`.
fn ahead(ahead: &AheadTotals) -> String {
    let made = format!("{} in {} of CPU time", text::count(ahead.units, "unit"), text::millis(ahead.cpu_ms));
    let used = format!(
        "{} of them used since ({} of {} in compilers)",
        ahead.used,
        text::millis(ahead.used_ms),
        text::millis(ahead.units_ms)
    );
    let broken = format!("{} of {} broken off", ahead.cut_short, text::count(ahead.runs + ahead.cut_short, "command"));
    format!("{made}, {used}, {broken}")
}

/// `10.0 MB of 20.0 GB, 3 results`.
pub fn size(size: &SizeReply) -> String {
    let used = text::bytes(size.blob_bytes + size.index_bytes);
    format!("{used} of {}, {}", text::bytes(size.max_bytes), text::count(size.entries, "result"))
}

fn section(out: &mut Vec<String>, theme: Theme, title: &str, counts: &BTreeMap<String, u64>, sentence: impl Fn(&str) -> String) {
    if counts.is_empty() {
        return;
    }
    let mut table = Table::new(&[Align::Right, Align::Left, Align::Left]);
    let mut ranked: Vec<_> = counts.iter().collect();
    ranked.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for (name, n) in ranked {
        table.row([n.to_string(), words(name), sentence(name)]);
    }
    out.push(String::new());
    out.push(format!("{} {}", theme.heading(title), counts.values().sum::<u64>()));
    out.extend(table.render("  ", theme));
}

fn per_crate(out: &mut Vec<String>, theme: Theme, stats: &StatsReply) {
    let rows = crates::rows(&stats.events);
    let columns = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Right];
    let mut table = Table::new(&columns).head(&["crate", "compiled", "restored", "not cached", "compile time", "saved"]);
    for r in rows.iter().take(ROWS) {
        let counts = [r.misses, r.hits, r.bypasses].map(|n| n.to_string());
        let times = [text::millis(r.compile_ms), text::millis(r.saved_ms)];
        table.row([r.name.clone()].into_iter().chain(counts).chain(times));
    }
    if !rows.is_empty() {
        out.push(String::new());
        out.push(theme.heading(format_args!("Crates, of the last {}", text::count(stats.events.len() as u64, "event"))));
        out.extend(table.render("  ", theme));
    }
    if rows.len() > ROWS {
        out.push(format!("  and {} more (`--json` lists all)", rows.len() - ROWS));
    }
}

fn recent(out: &mut Vec<String>, theme: Theme, stats: &StatsReply) {
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left, Align::Left]);
    let now = clock::wall_secs();
    for event in stats.events.iter().take(ROWS).map(Event::new) {
        let outcome = match event.outcome.as_str() {
            "hit" => "restored",
            "miss" => "compiled",
            "seeded" => "seeded",
            _ => "not cached",
        };
        let sentence = if event.reason == HitKind::Exact.name() { String::new() } else { event.sentence };
        table.row([ago(now, event.at), event.unit, outcome.into(), sentence]);
    }
    if !stats.events.is_empty() {
        out.push(String::new());
        out.push(theme.heading("Last events"));
        out.extend(table.render("  ", theme));
    }
}

/// `3 minutes ago`; a time that lies ahead counts as now.
pub fn ago(now: u64, then: u64) -> String {
    match now.saturating_sub(then) {
        _ if then == 0 => "at the beginning".into(),
        0..60 => "just now".into(),
        s @ 60..3_600 => format!("{} ago", text::count(s / 60, "minute")),
        s @ 3_600..86_400 => format!("{} ago", text::count(s / 3_600, "hour")),
        s => format!("{} ago", text::count(s / 86_400, "day")),
    }
}
