//! All units with their numbers: what can be read without a script, and sorted and searched with one.

use std::fmt::Write;

use super::text;
use crate::{
    analyze::{Report, outcome},
    base::text::millis,
};

pub fn section(report: &Report) -> String {
    let project = &report.input.project;
    let mut order: Vec<usize> = (0..project.units.len()).collect();
    order.sort_by_key(|n| (std::cmp::Reverse(report.scratch_ms(*n)), *n));
    let dependents = project.graph.dependents();
    let mut out = String::from(
        "<section><h2>All units</h2><p class=note>From scratch: the fullest compile on record. Metadata: from the start until \
         dependents can start.</p><input class=find type=search placeholder=\"Find a unit\" aria-label=\"Find a unit\" hidden>\
         <div class=scroll><table><thead><tr><th>Unit<th>Version<th>Kind<th>Newest build<th class=num>From scratch\
         <th class=num>Metadata<th class=num>Linker<th class=num>Processor<th class=num>Needed by</tr></thead><tbody>",
    );
    for n in order {
        let unit = &project.units[n];
        let (most, link) = (unit.known.most, unit.known.last.link_ms.or(unit.known.most.link_ms));
        let cell = |ms: Option<u64>| match ms {
            Some(ms) => format!("<td class=num data-v={ms}>{}", millis(ms)),
            None => "<td class=num data-v=-1>".into(),
        };
        let (outcome, needed) = (outcome(unit), dependents[n].len());
        let _ = write!(
            out,
            "<tr data-u={n}{}><td>{}<td>{}<td>{}<td class=o><b class=\"{} full\"></b>{outcome}{}{}{}{}<td class=num data-v={needed}>{needed}</tr>",
            if report.is_critical(n) { " class=c" } else { "" },
            text(&unit.label()),
            text(&unit.known.version),
            text(&unit.known.kind),
            if outcome == "fresh" { "none" } else { super::class(&unit.known.kind, outcome) },
            cell(Some(most.wall_ms)),
            cell(most.rmeta_ms),
            cell(link),
            cell((most.cpu_ms > 0).then_some(most.cpu_ms)),
        );
    }
    out + "</tbody></table></div></section>"
}
