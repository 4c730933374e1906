//! What could be better, one kind a file. Each is told with a concrete change, and with what that is worth as far as recorded
//! times say.
//!
//! It must never promise what was not computed: a finding without a gain says nothing about one.

mod debug_info;
mod dependencies;
mod duplicates;
mod hot_spots;
mod linking;
mod path;
mod pulled;
mod refusals;

use std::collections::BTreeSet;

use super::{Basis, Costs, Finding, Gain, Input, schedule::makespan};

pub use debug_info::SHARE;

/// Less than this nobody notices, in milliseconds.
const WORTH: u64 = 100;

/// All of them.
pub(super) fn all(input: &Input, scratch: &Costs) -> Vec<Finding> {
    let finders: [fn(&Context<'_>) -> Vec<Finding>; 8] = [
        path::find,
        dependencies::find,
        pulled::find,
        duplicates::find,
        linking::find,
        debug_info::find,
        hot_spots::find,
        refusals::find,
    ];
    let context = Context { input, scratch };
    finders.iter().flat_map(|find| find(&context)).collect()
}

/// What the finders look at.
struct Context<'a> {
    input: &'a Input,
    scratch: &'a Costs,
}

impl Context<'_> {
    /// What a build from scratch would gain if these units, and what only they need, were not there.
    fn without(&self, gone: &BTreeSet<usize>) -> (BTreeSet<usize>, Gain) {
        let graph = &self.input.project.graph;
        // What belongs to the project is wanted, whoever needs it.
        let gone = graph.only_for(gone, |n| self.input.project.units[n].known.local);
        let ms = self.scratch.wall_ms.saturating_sub(makespan(&graph.without(&gone), self.input.jobs));
        (gone, Gain { ms, basis: Basis::Simulated, per_edit: false })
    }

    /// Worth being told.
    fn matters(&self, ms: u64) -> bool {
        ms >= WORTH.max(self.scratch.wall_ms / 100)
    }

    fn label(&self, unit: usize) -> String {
        self.input.project.units[unit].label()
    }

    fn ms(&self, unit: usize) -> u64 {
        self.input.project.graph.nodes[unit].ms
    }
}

/// A share in whole per cents.
fn percent(part: u64, whole: u64) -> String {
    format!("{} %", (part * 100 + whole / 2).checked_div(whole).unwrap_or(0))
}

/// `a, b and 3 more`.
fn names(all: &[String], most: usize) -> String {
    let shown = all.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
