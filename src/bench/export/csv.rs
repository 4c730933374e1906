//! One line per tool and scenario, seconds as decimal fractions. What is absent is empty.

use crate::bench::report::{Cell, Report};

const HEAD: &str = "scenario,tool,runs,median,mean,stddev,min,max,outliers,cpu_median,compilers,faster,faster_stddev,invalid";

/// The whole table.
pub fn render(report: &Report) -> String {
    let lines = report.cells.iter().map(line);
    std::iter::once(HEAD.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

fn line(cell: &Cell) -> String {
    let number = |n: Option<f64>| n.map(|n| format!("{n:.6}")).unwrap_or_default();
    let count = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    let wall = cell.wall;
    // Reasons have no quotes in them; they may have commas.
    let invalid = cell.invalid.as_ref().map(|why| why.replace(',', ";")).unwrap_or_default();
    [
        cell.scenario.name().to_owned(),
        cell.tool.name().to_owned(),
        cell.samples.len().to_string(),
        number(wall.map(|w| w.median)),
        number(wall.map(|w| w.mean)),
        number(wall.and_then(|w| w.stddev)),
        number(wall.map(|w| w.min)),
        number(wall.map(|w| w.max)),
        count(wall.map(|w| w.outliers as u64)),
        number(cell.cpu.map(|c| c.median)),
        count(cell.samples.last().and_then(|s| s.compilers)),
        number(cell.faster.map(|f| f.value)),
        number(cell.faster.and_then(|f| f.spread)),
        invalid,
    ]
    .join(",")
}
