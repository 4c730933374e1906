//! One build as it went: a row per unit, a bar from its start to its end, the lighter part after there was metadata.

use std::{collections::HashMap, fmt::Write};

use super::{class, text};
use crate::{
    analyze::{Report, project::took_ms, word},
    base::text::{count, millis},
    events::{BuildRecord, Deed, UnitRun},
};

/// Width of the curve of what went on at once, in its own unit.
const CURVE: usize = 240;
/// Rows that are shown at once.
const SHOWN: usize = 60;
/// Distances between lines, in milliseconds.
const STEPS: [f64; 22] = [
    1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1e3, 2e3, 5e3, 1e4, 1.5e4, 3e4, 6e4, 1.2e5, 3e5, 6e5, 1.2e6, 3.6e6,
    1.44e7,
];

pub fn section(report: &Report, build: &BuildRecord, title: &str) -> String {
    let mut runs: Vec<&UnitRun> = build.units.iter().filter(|u| u.deed != Deed::Seeded).collect();
    runs.sort_by_key(|r| (r.start, r.end));
    let end = runs.iter().map(|r| r.end).max().unwrap_or(build.head.started);
    let whole = ((end - build.head.started) as f64 / 1e6).max(1.0);
    let since = |at: i64| ((at - build.head.started) as f64 / 1e6).clamp(0.0, whole);
    let seeded = build.units.len() - runs.len();
    let mut out =
        format!("<section><h2>{title}</h2><p class=note>{} in {}", count(runs.len() as u64, "unit"), millis(whole as u64));
    if seeded > 0 {
        let _ = write!(out, "; {} put in place before it began, not shown", count(seeded as u64, "more unit"));
    }
    out.push_str(". Bars begin and end with the compiler; the light part is machine code, for which dependents do not wait.</p>");
    out.push_str(&legend(&runs, report));
    let step = step(whole);
    let _ = write!(
        out,
        "<div class=tl style=\"--g:{:.3}%\"><div class=\"row axis\"><span></span><span class=t>",
        step / whole * 100.0
    );
    let mut tick = step;
    while tick < whole {
        let _ = write!(out, "<em style=\"left:{:.2}%\">{}</em>", tick / whole * 100.0, at(tick));
        tick += step;
    }
    let (most, svg) = curve(&runs, &since, whole);
    let _ =
        write!(out, "</span></div><div class=\"row load\"><span>at once, up to {most:.0}</span><span class=t>{svg}</span></div>");
    let mut longest: Vec<i64> = runs.iter().map(|r| r.end - r.start).collect();
    longest.sort_unstable_by_key(|ns| std::cmp::Reverse(*ns));
    // Those that are as long as the last of the longest are shown as well.
    let least = longest.get(SHOWN - 1).copied().unwrap_or(0);
    let (shown, others): (Vec<&UnitRun>, Vec<&UnitRun>) = runs.iter().partition(|r| r.end - r.start >= least);
    shown.iter().for_each(|run| out.push_str(&row(report, run, &since, whole)));
    if !others.is_empty() {
        let took = millis(u64::try_from(least / 1_000_000).unwrap_or(0));
        let _ = write!(out, "<details><summary>{} shorter than {took}</summary>", count(others.len() as u64, "more unit"));
        others.iter().for_each(|run| out.push_str(&row(report, run, &since, whole)));
        out.push_str("</details>");
    }
    out + "</div></section>"
}

fn row(report: &Report, run: &UnitRun, since: &dyn Fn(i64) -> f64, whole: f64) -> String {
    let place = report.input.project.place(&run.id);
    let unit = place.map(|n| &report.input.project.units[n]);
    let (label, kind) = unit.map_or_else(|| (run.id.clone(), ""), |u| (u.label(), u.known.kind.as_str()));
    let (start, end) = (since(run.start), since(run.end));
    let word = word(Some(&run.deed));
    let width = (end - start) / whole * 100.0;
    let rmeta = run.spent.and_then(|s| s.rmeta_ms).filter(|_| matches!(run.deed, Deed::Compiled(_)));
    let front = rmeta.map_or_else(String::new, |ms| {
        format!("<i style=\"width:{:.1}%\"></i>", (ms as f64 / (end - start).max(1.0) * 100.0).min(100.0))
    });
    let whole_part = if rmeta.is_none() { " full" } else { "" };
    let label = text(&label);
    // A label that would not fit behind its bar stands in front of it.
    let side = if (start + end) / 2.0 > whole * 0.62 { "right" } else { "left" };
    let at = if side == "left" { end / whole * 100.0 } else { 100.0 - start / whole * 100.0 };
    let took = millis(took_ms(run));
    let number = place.map_or_else(String::new, |n| format!(" data-u={n}"));
    format!(
        "<div class=row{number} title=\"{label}: {took}, {word}\"><span>{label}</span><span class=t><b class=\"{}{whole_part}\" \
         style=\"left:{:.2}%;width:{width:.2}%\">{front}</b><em style=\"{side}:{at:.2}%\">{took}</em></span></div>",
        class(kind, word),
        start / whole * 100.0
    )
}

/// How many compilers and scripts were at work, over time, and the most of them.
fn curve(runs: &[&UnitRun], since: &dyn Fn(i64) -> f64, whole: f64) -> (f64, String) {
    let mut sums = vec![0.0_f64; CURVE];
    for run in runs {
        let (from, to) = (since(run.start) / whole * CURVE as f64, since(run.end) / whole * CURVE as f64);
        for (n, sum) in sums.iter_mut().enumerate() {
            let (left, right) = (n as f64, n as f64 + 1.0);
            *sum += (to.min(right) - from.max(left)).max(0.0);
        }
    }
    let most = sums.iter().copied().fold(1.0, f64::max);
    let points: String = sums.iter().enumerate().map(|(n, s)| format!("L{n} {:.1}", 30.0 - s / most * 28.0)).collect();
    let path = format!("<path d=\"M0 30{points}L{CURVE} 30Z\"/>");
    (most, format!("<svg viewBox=\"0 0 {CURVE} 30\" preserveAspectRatio=none aria-hidden=true>{path}</svg>"))
}

fn legend(runs: &[&UnitRun], report: &Report) -> String {
    let project = &report.input.project;
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for run in runs {
        let kind = project.place(&run.id).map_or("", |n| project.units[n].known.kind.as_str());
        *seen.entry(class(kind, word(Some(&run.deed)))).or_default() += 1;
    }
    let all = [
        ("lib", "library compiled"),
        ("bs", "build script compiled"),
        ("run", "build script run"),
        ("bin", "program linked"),
        ("hit", "restored"),
        ("odd", "not cached"),
        ("bad", "failed"),
    ];
    let entry = |(class, what): &(&str, &str)| {
        let n = seen.get(class)?;
        Some(format!("<span><b class=\"{class} full\"></b>{what} <i>{n}</i></span>"))
    };
    format!("<p class=legend>{}</p>", all.iter().filter_map(entry).collect::<String>())
}

/// A round distance between lines, so that there are about eight.
fn step(whole: f64) -> f64 {
    STEPS.into_iter().find(|s| *s >= whole / 9.0).unwrap_or(whole)
}

/// `200 ms`, `15 s`, `2:30`.
fn at(ms: f64) -> String {
    let secs = (ms / 1e3).round();
    match ms {
        ..1e3 => format!("{ms:.0} ms"),
        ..6e4 if ms % 1e3 > 0.0 => format!("{:.1} s", ms / 1e3),
        ..6e4 => format!("{secs:.0} s"),
        _ => format!("{:.0}:{:02.0}", (secs / 60.0).floor(), secs % 60.0),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn round_distances() {
        for (whole, expected) in [(95_000.0, 15_000.0), (1_000.0, 200.0), (0.5, 1.0), (305_000.0, 60_000.0)] {
            assert!((super::step(whole) - expected).abs() < 1e-6, "{whole}");
        }
        assert_eq!([200.0, 1_500.0, 15_000.0, 150_000.0].map(super::at), ["200 ms", "1.5 s", "15 s", "2:30"]);
    }
}
