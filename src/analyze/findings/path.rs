//! The critical path: what decides how fast a build can be, however many processors there are.

use super::{Basis, Context, Finding, Gain, percent};
use crate::{
    analyze::{graph::Node, schedule::makespan},
    base::text::millis,
};

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let (graph, costs) = (&context.input.project.graph, context.scratch);
    // Of the units on the path, the one of which half the time would spare most.
    let halved = |unit: usize| {
        let shorter = |n: usize, node: Node| {
            let half = Node { ms: node.ms / 2, ready_ms: node.ready_ms / 2, ..node };
            if n == unit { half } else { node }
        };
        costs.wall_ms.saturating_sub(makespan(&graph.with(shorter), context.input.jobs))
    };
    let Some((gain, unit)) = costs.path.iter().map(|s| (halved(s.unit), s.unit)).max() else { return Vec::new() };
    if costs.path.len() < 2 || !context.matters(costs.path_ms) {
        return Vec::new();
    }
    let step = |s: &crate::analyze::graph::Step| format!("{} in {}", millis(s.ms), context.label(s.unit));
    let name = context.label(unit);
    vec![Finding {
        name: "critical-path",
        title: format!(
            "the critical path of a build from scratch takes {} of {} ({})",
            millis(costs.path_ms),
            millis(costs.wall_ms),
            percent(costs.path_ms, costs.wall_ms)
        ),
        details: costs.path.iter().map(step).collect(),
        change: format!(
            "begin with {name}: split it, drop features of it, or let it start earlier by needing less (the gain is that of halving it)"
        ),
        gain: Some(Gain { ms: gain, basis: Basis::Simulated, per_edit: false }),
        apply: None,
    }]
}
