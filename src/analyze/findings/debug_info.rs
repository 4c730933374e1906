//! Debug information of dependencies, which hardly anybody steps through with a debugger.

use super::{Basis, Context, Finding, Gain};
use crate::{
    analyze::{graph::Node, remedy::Remedy, schedule::makespan},
    base::text::millis,
};

/// How much of the time that dependencies spend making machine code goes when they get line tables only, in per cents.
/// Measured on `benches/web` (two processors, rustc 1.95): with `cargo build --timings` all its units took 158.9 s, and 147.0 s
/// with the change, of which dependencies had spent 41.6 s making machine code.
pub const SHARE: u64 = 28;

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let (input, remedy) = (context.input, Remedy::DependencyDebugInfo);
    if input.project.profile() != "debug" || input.debug_by_environment || !remedy.applies_to(&input.manifest) {
        return Vec::new();
    }
    let (units, graph) = (&input.project.units, &input.project.graph);
    let is_concerned = |n: usize| !units[n].known.local && units[n].known.links && units[n].known.kind == "lib";
    let code = |node: Node| node.ms - node.ready_ms;
    let work: u64 = (0..units.len()).filter(|n| is_concerned(*n)).map(|n| code(graph.nodes[n])).sum();
    let shorter = |n: usize, node: Node| {
        if is_concerned(n) { Node { ms: node.ms - code(node) * SHARE / 100, ..node } } else { node }
    };
    let ms = context.scratch.wall_ms.saturating_sub(makespan(&graph.with(shorter), input.jobs));
    if !context.matters(ms) {
        return Vec::new();
    }
    vec![Finding {
        name: "dependency-debug-info",
        title: format!("dependencies spend {} making machine code, with full debug information", millis(work)),
        details: vec![
            "with line tables, backtraces keep files and lines; a debugger shows no variables of dependencies".into(),
            "the linker copies less as well, after every edit".into(),
        ],
        change: format!("`{}` in Cargo.toml", remedy.summary()),
        gain: Some(Gain { ms, basis: Basis::Share, per_edit: false }),
        apply: Some(remedy.name()),
    }]
}
