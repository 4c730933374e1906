//! The tables for a README: wall time beside plain cargo, CPU time, and every figure that was summed up.

use crate::{
    base::text,
    bench::{
        report::{Cell, Report},
        scenario::Scenario,
        statistics::{Ratio, Summary},
        tool::Tool,
    },
};

/// All of it.
pub fn render(report: &Report) -> String {
    let mut out = vec![format!("### {}, `cargo {}`", report.project, report.command), String::new()];
    out.extend(facts(report));
    out.push(String::new());
    out.extend(report.tools.iter().map(|t| format!("- {}: {}", t.tool.title(), t.version)));
    out.extend(table(report, "wall seconds, median (fastest–slowest)", true, |c| c.wall));
    out.extend(table(report, "CPU seconds, background processes included", false, |c| c.cpu));
    out.extend(details(report));
    if !report.warnings.is_empty() {
        out.push(String::new());
        out.extend(report.warnings.iter().map(|w| format!("- Warning: {w}.")));
    }
    out.join("\n")
}

fn facts(report: &Report) -> Vec<String> {
    let machine = &report.machine;
    let mut said = vec![format!("{} processors", machine.processors)];
    said.extend(machine.memory_bytes.map(|b| format!("{} of memory", text::bytes(b))));
    said.push(machine.system.clone());
    let reflink = if machine.reflink { "with reflinks" } else { "without reflinks" };
    said.extend(machine.file_system.as_ref().map(|fs| format!("{fs} {reflink}")));
    said.push(machine.rustc.clone());
    let load = machine.load_at_start.zip(machine.load_at_end);
    said.extend(load.map(|(start, end)| format!("load {start:.2} at the start, {end:.2} at the end")));
    said.extend(machine.others.map(|o| format!("others used {:.0} % of the processors", o * 100.0)));
    let warmup = if report.warmup > 0 { format!(" after {} to warm up", report.warmup) } else { String::new() };
    let rounds = text::count(u64::from(report.iterations), "round");
    let mut lines =
        vec![format!("{rounds}{warmup}, {} in a clean build. {}.", text::count(report.units, "unit"), said.join(", "))];
    lines.extend(report.edited.as_ref().map(|e| {
        let dependents = text::count(e.dependents as u64, "dependent member");
        format!("Edited: `{}` in {} (package {}, {dependents}).", e.function, e.file, e.package)
    }));
    lines
}

fn table(report: &Report, title: &str, compared: bool, of: fn(&Cell) -> Option<Summary>) -> Vec<String> {
    let mut columns = vec![title.to_owned()];
    for tool in &report.tools {
        columns.push(tool.tool.title().to_owned());
        if compared && tool.tool != Tool::Plain {
            columns.push("faster".into());
        }
    }
    let mut out = vec![String::new(), row(&columns), row(&rule(columns.len(), 1))];
    for scenario in report.scenarios() {
        let mut cells = vec![scenario.title().to_owned()];
        for tool in report.tools.iter().map(|t| t.tool) {
            let cell = report.cell(scenario, tool);
            cells.push(cell.map_or_else(nothing, |c| value(c, of(c))));
            if compared && tool != Tool::Plain {
                cells.push(cell.and_then(|c| c.faster).map_or_else(nothing, ratio));
            }
        }
        out.push(row(&cells));
    }
    out
}

fn details(report: &Report) -> Vec<String> {
    let columns = ["", "tool", "runs", "median s", "mean ± σ", "min … max", "CPU s", "what was done"].map(str::to_owned);
    let mut out = vec![String::new(), row(&columns), row(&rule(columns.len(), 2))];
    let order = |s: &Scenario| report.cells.iter().filter(move |c| c.scenario == *s).collect::<Vec<_>>();
    for cell in report.scenarios().iter().flat_map(order) {
        let wall = cell.wall;
        let mean = |w: Summary| match w.stddev {
            Some(stddev) => format!("{} ± {}", seconds(w.mean), seconds(stddev)),
            None => seconds(w.mean),
        };
        let done = [cell.invalid.as_ref().map(|why| format!("INVALID: {why}")), cell.note.clone()];
        out.push(row(&[
            cell.scenario.title().to_owned(),
            cell.tool.title().to_owned(),
            cell.samples.len().to_string(),
            wall.map_or_else(nothing, |w| seconds(w.median)),
            wall.map_or_else(nothing, mean),
            wall.map_or_else(nothing, |w| format!("{} … {}", seconds(w.min), seconds(w.max))),
            cell.cpu.map_or_else(nothing, |c| seconds(c.median)),
            done.into_iter().flatten().collect::<Vec<_>>().join("; "),
        ]));
    }
    out
}

fn value(cell: &Cell, summary: Option<Summary>) -> String {
    let text = match summary {
        None => nothing(),
        Some(s) if s.runs == 1 => seconds(s.median),
        Some(s) => format!("{} ({}–{})", seconds(s.median), seconds(s.min), seconds(s.max)),
    };
    if cell.invalid.is_some() { format!("INVALID {text}") } else { text }
}

/// Three digits that count, as far as they do.
fn seconds(n: f64) -> String {
    let text = match n {
        n if n >= 100.0 => format!("{n:.0}"),
        n if n >= 10.0 => format!("{n:.1}"),
        n if n >= 1.0 => format!("{n:.2}"),
        n => format!("{n:.3}"),
    };
    if text.contains('.') && text.ends_with('0') { trim(&text) } else { text }
}

fn trim(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn ratio(r: Ratio) -> String {
    let digits = |n: f64| match n {
        n if n >= 10.0 => format!("{n:.0}"),
        n if n >= 2.0 => format!("{n:.1}"),
        n => format!("{n:.2}"),
    };
    let spread = r.spread.map(|s| format!(" ± {}", if r.value >= 10.0 { format!("{s:.0}") } else { format!("{s:.2}") }));
    format!("{}×{}", digits(r.value), spread.unwrap_or_default())
}

fn nothing() -> String {
    "–".into()
}

fn row(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// Numbers to the right, the first columns to the left.
fn rule(columns: usize, left: usize) -> Vec<String> {
    (0..columns).map(|n| if n < left { "---" } else { "---:" }.to_owned()).collect()
}
