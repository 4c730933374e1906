//! What editing a library of the project costs: itself, and everything that is compiled again because of it.
//!
//! Times are those of the newest compile of each unit, which for members is mostly an incremental one. That an edit inside a
//! function is seen through, so that dependents need not be compiled, is not counted: this is an edit that they can see.

use std::collections::BTreeSet;

use super::{Basis, Context, Finding, Gain, names};
use crate::{
    analyze::{graph::Graph, schedule::makespan},
    base::text::{count, millis},
};

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let project = &context.input.project;
    let graph = project.as_last_compiled();
    let jobs = context.input.jobs;
    let mut spots: Vec<(u64, usize, BTreeSet<usize>)> = (0..project.units.len())
        .filter(|n| project.units[*n].known.local && matches!(project.units[*n].known.kind.as_str(), "lib" | "proc-macro"))
        .map(|n| {
            let mut concerned = graph.in_front(n);
            concerned.insert(n);
            (only(&graph, &concerned, jobs), n, concerned)
        })
        .filter(|(_, _, concerned)| concerned.len() > 1)
        .collect();
    spots.sort_by_key(|(ms, n, _)| (std::cmp::Reverse(*ms), *n));
    let worth = spots.into_iter().filter(|(ms, ..)| *ms >= super::WORTH).take(context.input.most);
    worth.map(|(ms, n, concerned)| told(context, &graph, ms, n, &concerned)).collect()
}

/// The time that these units take if all others are there.
fn only(graph: &Graph, concerned: &BTreeSet<usize>, jobs: usize) -> u64 {
    let others = (0..graph.nodes.len()).filter(|n| !concerned.contains(n)).collect();
    makespan(&graph.without(&others), jobs)
}

fn told(context: &Context<'_>, graph: &Graph, ms: u64, unit: usize, concerned: &BTreeSet<usize>) -> Finding {
    let project = &context.input.project;
    let mut costly: Vec<usize> = concerned.iter().copied().filter(|n| *n != unit).collect();
    costly.sort_by_key(|n| std::cmp::Reverse(graph.nodes[*n].ms));
    let costs: Vec<String> = costly.iter().map(|n| format!("{} {}", context.label(*n), millis(graph.nodes[*n].ms))).collect();
    let name = &project.units[unit].known.package;
    // What one dependent alone brings in: how much an edit would spare that it could not see.
    let dependents = graph.dependents();
    let spared = dependents[unit].iter().map(|one| {
        let others = dependents[unit].iter().filter(|d| *d != one);
        let mut kept: BTreeSet<usize> = others.flat_map(|d| graph.in_front(*d).into_iter().chain([*d])).collect();
        kept.insert(unit);
        (ms.saturating_sub(only(graph, &kept, context.input.jobs)), *one)
    });
    let (gain, one) = spared.max().unwrap_or((0, unit));
    let change = format!(
        "move what {} needs of {name} into a crate of its own that changes rarely; edits inside functions are seen through anyway",
        context.label(one)
    );
    Finding {
        name: "hot-spot",
        title: format!(
            "an edit of {name} that others can see costs {} ({} of its own, then {})",
            millis(ms),
            millis(graph.nodes[unit].ms),
            count(costly.len() as u64, "unit")
        ),
        details: vec![names(&costs, 5)],
        change,
        gain: Some(Gain { ms: gain, basis: Basis::Simulated, per_edit: true }),
        apply: None,
    }
}
