//! What waits for what, if nothing had to wait for a processor: the costly units and the critical path, placed in time.
//!
//! Units that are left out are passed through: a line leads from a unit to the nearest ones behind it that are shown.

use std::{
    collections::{BTreeSet, HashMap},
    fmt::Write,
};

use super::text;
use crate::{
    analyze::{Report, graph::Times},
    base::text::{count, millis},
};

/// Units that are shown.
const SHOWN: usize = 48;
/// The picture's width, the height of a lane, the height of a bar, and the width of a letter, in its own unit.
const WIDTH: f64 = 1_240.0;
const LANE: f64 = 25.0;
const BAR: f64 = 15.0;
const LETTER: f64 = 6.0;
/// Room for a label behind the last bar.
const MARGIN: f64 = 190.0;

struct Bar {
    unit: usize,
    x: f64,
    width: f64,
    lane: usize,
    critical: bool,
}

pub fn section(report: &Report) -> String {
    let graph = &report.input.project.graph;
    let times = graph.times();
    if times.end == 0 {
        return String::new();
    }
    let mut shown: BTreeSet<usize> = report.scratch.path.iter().map(|s| s.unit).filter(|n| graph.nodes[*n].ms > 0).collect();
    shown.extend(report.slowest.iter().take(SHOWN.saturating_sub(shown.len())));
    let bars = bars(report, &times, &shown);
    let lanes = bars.iter().map(|b| b.lane + 1).max().unwrap_or(0);
    let height = lanes as f64 * LANE + 8.0;
    let mut out = format!(
        "<section><h2>What waits for what</h2><p class=note>With as many processors as anybody could want, a build from scratch \
         takes {}: the red chain decides. Shown are {}, each from its earliest start to its end.</p>\
         <div class=map><svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=img aria-label=\"dependency graph\">",
        millis(times.end),
        if bars.len() == report.input.project.units.len() {
            "all units".into()
        } else {
            format!("the {} most costly of {}", bars.len(), count(report.input.project.units.len() as u64, "unit"))
        }
    );
    let by_unit: HashMap<usize, &Bar> = bars.iter().map(|b| (b.unit, b)).collect();
    let path: Vec<usize> = report.scratch.path.iter().map(|s| s.unit).filter(|n| shown.contains(n)).collect();
    let mut lines: Vec<(bool, String)> = Vec::new();
    for bar in &bars {
        for dep in nearest(report, bar.unit, &shown) {
            let Some(from) = by_unit.get(&dep) else { continue };
            let critical = path.windows(2).any(|w| w == [dep, bar.unit]);
            lines.push((critical, line(from, bar, critical)));
        }
    }
    lines.sort_by_key(|(critical, _)| *critical);
    lines.iter().for_each(|(_, line)| out.push_str(line));
    for bar in &bars {
        out.push_str(&drawn(report, bar));
    }
    out + "</svg></div></section>"
}

/// The bars, those of the critical path in the first lanes.
fn bars(report: &Report, times: &Times, shown: &BTreeSet<usize>) -> Vec<Bar> {
    let graph = &report.input.project.graph;
    let scale = (WIDTH - MARGIN) / times.end as f64;
    let mut order: Vec<usize> = shown.iter().copied().collect();
    order.sort_by_key(|n| (!report.is_critical(*n), times.start[*n], *n));
    let mut free: Vec<f64> = Vec::new();
    let mut bars = Vec::new();
    // What is on the path ends in the lane above or below; the others come under it.
    let mut first = 0;
    for unit in order {
        let critical = report.is_critical(unit);
        if !critical && first == 0 {
            first = free.len();
        }
        let (x, width) = (times.start[unit] as f64 * scale, (graph.nodes[unit].ms as f64 * scale).max(3.0));
        let letters = label(report, unit).chars().count();
        let needed = x + (width + 6.0 + letters as f64 * LETTER).max(width);
        let lane = (first..free.len()).find(|lane| free[*lane] + 6.0 < x || (x == 0.0 && free[*lane] == 0.0));
        let lane = lane.unwrap_or_else(|| {
            free.push(0.0);
            free.len() - 1
        });
        free[lane] = needed;
        bars.push(Bar { unit, x, width, lane, critical });
    }
    bars
}

fn label(report: &Report, unit: usize) -> String {
    let unit = &report.input.project.units[unit];
    match unit.known.kind.as_str() {
        "run" => format!("{} build script", unit.known.package),
        "build-script" => format!("{} build.rs", unit.known.package),
        "lib" | "proc-macro" => unit.known.package.clone(),
        _ => unit.label(),
    }
}

fn y(lane: usize) -> f64 {
    lane as f64 * LANE + 6.0
}

fn line(from: &Bar, to: &Bar, critical: bool) -> String {
    // Dependents that start with the metadata start somewhere above the bar.
    let x1 = (from.x + from.width).min(to.x.max(from.x));
    let (y1, x2, y2) = (y(from.lane) + BAR / 2.0, to.x, y(to.lane) + BAR / 2.0);
    let bend = ((x2 - x1).abs() / 2.0).clamp(8.0, 60.0);
    format!(
        "<path class=\"e{}\" data-a={} data-b={} d=\"M{x1:.0} {y1:.0}C{:.0} {y1:.0} {:.0} {y2:.0} {x2:.0} {y2:.0}\"/>",
        if critical { " c" } else { "" },
        from.unit,
        to.unit,
        x1 + bend,
        x2 - bend
    )
}

fn drawn(report: &Report, bar: &Bar) -> String {
    let unit = &report.input.project.units[bar.unit];
    let (ms, y) = (report.scratch_ms(bar.unit), y(bar.lane));
    let class = super::class(&unit.known.kind, "");
    let mut out = format!(
        "<g class=\"n {class}{}\" data-u={}><title>{}: {}</title><rect x={:.1} y={y:.1} width={:.1} height={BAR} rx=4 />",
        if bar.critical { " c" } else { "" },
        bar.unit,
        text(&unit.label()),
        millis(ms),
        bar.x,
        bar.width
    );
    let label = label(report, bar.unit);
    let inside = label.chars().count() as f64 * LETTER + 10.0 < bar.width;
    let x = if inside { bar.x + 6.0 } else { bar.x + bar.width + 5.0 };
    let _ = write!(out, "<text{} x={x:.0} y={:.0}>{}</text></g>", if inside { " class=in" } else { "" }, y + 11.5, text(&label));
    out
}

/// The nearest units behind one that are shown, without those that stand behind another of them.
fn nearest(report: &Report, unit: usize, shown: &BTreeSet<usize>) -> BTreeSet<usize> {
    let graph = &report.input.project.graph;
    let (mut found, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut todo: Vec<usize> = graph.needs(unit).iter().map(|e| e.to).collect();
    while let Some(one) = todo.pop() {
        if !seen.insert(one) {
            continue;
        }
        if shown.contains(&one) {
            found.insert(one);
        } else {
            todo.extend(graph.needs(one).iter().map(|e| e.to));
        }
    }
    let behind: BTreeSet<usize> = found.iter().flat_map(|n| graph.behind(*n)).collect();
    // A program waits for the end of the last one, wherever that stands.
    let waited = report.scratch.path.windows(2).find(|w| w[1].unit == unit).map(|w| w[0].unit);
    let mut nearest: BTreeSet<usize> = found.difference(&behind).copied().collect();
    nearest.extend(waited.filter(|w| shown.contains(w)));
    nearest
}
