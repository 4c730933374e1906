//! The counters as text for people.

use std::collections::BTreeMap;

use super::{
    crates::{self, CrateRow},
    json::{Event, Health},
    sentence,
};
use crate::{
    base::{clock, text},
    events::{AheadTotals, Gain, HitKind, Loss, Predictions, StateTotals, UnitTotals},
    ipc::protocol::{HealthReply, SizeReply, StatsReply},
    ui::{
        Theme,
        sanitize::clean,
        summary::words,
        table::{Align, Table, words_within},
    },
};

/// Rows of the per-crate table, and of recent events.
const ROWS: usize = 20;
/// Columns of a terminal.
const WIDTH: usize = 80;
/// Longer names of crates are cut.
const NAME: usize = 24;

/// The whole report; with details if it is told how the daemon is.
pub fn lines(stats: &StatsReply, health: Option<&HealthReply>, theme: Theme) -> Vec<String> {
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
    section(&mut out, theme, "Linked", &totals.linkers, |_| String::new());
    section(&mut out, theme, "Troubles", &totals.troubles, |name| sentence::of_trouble(name).to_owned());
    let mut sums = Table::new(&[Align::Left, Align::Left]);
    if !totals.is_empty() {
        sums.row(["Time saved", &text::millis(totals.saved_ms)]);
        sums.row(["Time in compilers", &text::millis(totals.compile_ms)]);
        if totals.waited > 0 {
            let waited = format!("{}, {}", text::millis(totals.waited_ms), text::count(totals.waited, "compile"));
            sums.row(["Waited for a place", &waited]);
        }
        sums.row(["Bytes restored", &text::bytes(totals.restored_bytes)]);
    }
    sums.row(["Cache", &size(&stats.size)]);
    if let Some(health) = health {
        sums.row(["Cap", &share(&stats.size)]);
        if !stats.states.is_empty() {
            sums.row(["Incremental state", &states(&stats.states)]);
        }
        if stats.predictions != Predictions::default() {
            sums.row(["Guesses", &predictions(&stats.predictions, &stats.states)]);
        }
        if !stats.ahead.is_empty() {
            sums.row(["Compiled ahead", &ahead(&stats.ahead)]);
        }
        sums.row(["Background process", &daemon(&Health::new(health))]);
    }
    out.push(String::new());
    out.extend(sums.within(WIDTH).render("", theme));
    if health.is_some() {
        let rows = crates::rows(&stats.crates);
        taken_in(&mut out, theme, &stats.units);
        by_kind(&mut out, theme, &crates::by_kind(&rows));
        by_reason(&mut out, theme, &crates::by_reason(&rows));
        per_crate(&mut out, theme, &rows);
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
    let mut table = Table::new(&[Align::Right, Align::Left, Align::Left]).within(WIDTH);
    let mut ranked: Vec<_> = counts.iter().collect();
    ranked.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
    for (name, n) in ranked {
        table.row([n.to_string(), words(name), sentence(name)]);
    }
    out.push(String::new());
    out.push(format!("{} {}", theme.heading(title), counts.values().sum::<u64>()));
    out.extend(table.render("  ", theme));
}

/// What of the builds went into the store unit by unit, and what did not.
fn taken_in(out: &mut Vec<String>, theme: Theme, units: &UnitTotals) {
    if units.is_empty() {
        return;
    }
    let (taken, builds) = (text::count(units.taken_in, "unit"), text::count(units.builds, "build"));
    out.push(String::new());
    out.push(format!("{} {taken} of {builds}, to be seeded elsewhere", theme.heading("Taken in")));
    let counts = units.left_out.iter().map(|(why, left_out)| (why.clone(), left_out.count)).collect();
    section(out, theme, "Not taken in", &counts, |name| {
        let named = units.left_out.get(name).map(|l| l.units.join(", ")).unwrap_or_default();
        format!("{}: {named}", sentence::of_refused(name))
    });
}

fn by_kind(out: &mut Vec<String>, theme: Theme, kinds: &BTreeMap<String, Gain>) {
    let columns = [Align::Left, Align::Right, Align::Right, Align::Right];
    let mut table = Table::new(&columns).head(&["restored", "units", "time saved", "bytes"]);
    for (kind, gain) in kinds {
        table.row([words(kind), gain.count.to_string(), text::millis(gain.saved_ms), text::bytes(gain.bytes)]);
    }
    titled(out, theme, "What hits have saved, by the compile times on record", table);
}

fn by_reason(out: &mut Vec<String>, theme: Theme, reasons: &BTreeMap<String, Loss>) {
    let mut table = Table::new(&[Align::Left, Align::Right, Align::Right]).head(&["compiled", "units", "time"]);
    for (reason, loss) in reasons {
        table.row([words(reason), loss.count.to_string(), text::millis(loss.compile_ms)]);
    }
    titled(out, theme, "What misses have cost", table);
}

fn per_crate(out: &mut Vec<String>, theme: Theme, rows: &[CrateRow]) {
    let columns = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Right];
    let mut table = Table::new(&columns).head(&["crate", "compiled", "time", "restored", "saved", "bytes"]);
    for r in rows.iter().take(ROWS) {
        let (compiled, saved) = (text::millis(r.compile_ms), text::millis(r.saved_ms));
        table.row([name(&r.name), r.misses.to_string(), compiled, r.hits.to_string(), saved, text::bytes(r.restored_bytes)]);
    }
    titled(out, theme, "Crates", table);
    if rows.len() > ROWS {
        out.push(format!("  and {} more (`--json` lists all)", rows.len() - ROWS));
    }
}

fn titled(out: &mut Vec<String>, theme: Theme, title: &str, table: Table) {
    let lines = table.render("  ", theme);
    if !lines.is_empty() {
        out.push(String::new());
        out.push(theme.heading(title));
        out.extend(lines);
    }
}

/// As much of it as there is room for.
fn name(name: &str) -> String {
    if name.chars().count() <= NAME { name.to_owned() } else { name.chars().take(NAME - 1).chain(['…']).collect() }
}

fn recent(out: &mut Vec<String>, theme: Theme, stats: &StatsReply) {
    let now = clock::wall_secs();
    if !stats.events.is_empty() {
        out.push(String::new());
        out.push(theme.heading("Last events"));
    }
    for event in stats.events.iter().take(ROWS).map(Event::new) {
        let outcome = match event.outcome.as_str() {
            "hit" => "restored",
            "miss" => "compiled",
            "seeded" => "seeded",
            _ => "not cached",
        };
        out.push(format!("  {:<14}  {outcome:<10}  {}", ago(now, event.at), clean(&event.unit)).trim_end().to_owned());
        if event.reason != HitKind::Exact.name() {
            out.extend(words_within(&clean(&event.sentence), WIDTH - 18).iter().map(|line| format!("{:18}{line}", "")));
        }
    }
}

/// `0.1 % of the cap used`.
fn share(size: &SizeReply) -> String {
    let used = size.blob_bytes + size.index_bytes;
    let percent = if size.max_bytes == 0 { 0.0 } else { used as f64 * 100.0 / size.max_bytes as f64 };
    format!("{percent:.1} % used; what was not used for longest goes first")
}

/// `300 of 302 seeded units were needed, 4 of 12 states were used`.
fn predictions(told: &Predictions, states: &StateTotals) -> String {
    let seeds = told.seeds_used + told.seeds_idle;
    let seeds = (seeds > 0).then(|| format!("{} of {} were needed", told.seeds_used, text::count(seeds, "seeded unit")));
    let states =
        (states.primed > 0).then(|| format!("{} of {} were used", told.states_used, text::count(states.primed, "state")));
    seeds.into_iter().chain(states).collect::<Vec<_>>().join(", ")
}

/// `0.1.0, up 3 min 2 s, 30.0 MB of memory, nothing queued`.
fn daemon(health: &Health) -> String {
    let mut said = vec![health.version.clone(), format!("up {}", text::millis(health.uptime_secs * 1000))];
    said.extend(health.memory_bytes.map(|b| format!("{} of memory", text::bytes(b))));
    said.push(if health.queued == 0 {
        "nothing queued".into()
    } else {
        format!("{} queued", text::count(health.queued, "result"))
    });
    if health.in_flight > 0 {
        said.push(format!("{} under way", text::count(health.in_flight, "compile")));
    }
    if health.breaker_open {
        said.push("left alone for a while because it did not answer in time".into());
    }
    said.extend(health.degraded.as_ref().map(|why| format!("keeps nothing new: {why}")));
    said.join(", ")
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
