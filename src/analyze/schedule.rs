//! How long a build takes with so many processors: units are started as cargo starts them.
//!
//! Of those that can start, cargo takes the one that most others wait for (source: `util/dependency_queue.rs`). A unit holds
//! a processor until its end. That units make each other slow is not counted: recorded times were taken while they did.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, BinaryHeap},
};

use super::graph::Graph;

/// The time until all is done, in milliseconds.
pub fn makespan(graph: &Graph, jobs: usize) -> u64 {
    Run::new(graph).until_done(jobs.max(1))
}

struct Run<'a> {
    graph: &'a Graph,
    /// Needs that are not there yet.
    missing: Vec<usize>,
    /// Who waits for the metadata of a unit, and who for its end.
    for_metadata: Vec<Vec<usize>>,
    for_end: Vec<Vec<usize>>,
    weight: Vec<usize>,
    can_start: BinaryHeap<(usize, Reverse<usize>)>,
}

impl<'a> Run<'a> {
    fn new(graph: &'a Graph) -> Self {
        let count = graph.nodes.len();
        let (mut for_metadata, mut for_end) = (vec![Vec::new(); count], vec![Vec::new(); count]);
        let mut missing = vec![0; count];
        for (unit, missing) in missing.iter_mut().enumerate() {
            let mut whole: BTreeSet<usize> = graph.needs(unit).iter().filter(|e| e.whole).map(|e| e.to).collect();
            if graph.nodes[unit].linked {
                whole.extend(graph.behind(unit));
            }
            let metadata = graph.needs(unit).iter().map(|e| e.to).collect::<BTreeSet<_>>();
            for dep in metadata.difference(&whole) {
                for_metadata[*dep].push(unit);
                *missing += 1;
            }
            *missing += whole.len();
            whole.into_iter().for_each(|dep| for_end[dep].push(unit));
        }
        let weight = waiting(graph);
        let free = (0..count).filter(|n| missing[*n] == 0).map(|n| (weight[n], Reverse(n))).collect();
        Self { graph, missing, for_metadata, for_end, weight, can_start: free }
    }

    fn until_done(mut self, jobs: usize) -> u64 {
        let (mut now, mut busy) = (0, 0);
        // Time, whether it is the end, unit. At one time metadata comes first, which makes no difference to the result.
        let mut events: BinaryHeap<Reverse<(u64, bool, usize)>> = BinaryHeap::new();
        loop {
            while busy < jobs
                && let Some((_, Reverse(unit))) = self.can_start.pop()
            {
                let node = self.graph.nodes[unit];
                busy += 1;
                events.push(Reverse((now + node.ready_ms.min(node.ms), false, unit)));
                events.push(Reverse((now + node.ms, true, unit)));
            }
            let Some(Reverse((at, ended, unit))) = events.pop() else { return now };
            now = at;
            busy -= usize::from(ended);
            let waiting = std::mem::take(if ended { &mut self.for_end[unit] } else { &mut self.for_metadata[unit] });
            for one in waiting {
                self.missing[one] -= 1;
                if self.missing[one] == 0 {
                    self.can_start.push((self.weight[one], Reverse(one)));
                }
            }
        }
    }
}

/// How many units wait for each, directly or not.
fn waiting(graph: &Graph) -> Vec<usize> {
    let count = graph.nodes.len();
    let words = count.div_ceil(64);
    let mut sets = vec![vec![0_u64; words]; count];
    for &unit in graph.order().iter().rev() {
        let mine = sets[unit].clone();
        for edge in graph.needs(unit) {
            let set = &mut sets[edge.to];
            set.iter_mut().zip(&mine).for_each(|(a, b)| *a |= b);
            set[unit / 64] |= 1 << (unit % 64);
        }
    }
    sets.iter().map(|set| set.iter().map(|w| w.count_ones() as usize).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::graph::tests::graph;

    #[test]
    fn one_processor_does_all_the_work_and_many_the_critical_path() {
        let graph = graph(&[(100, 20, false, &[]), (30, 10, false, &[0]), (5, 5, true, &[-2]), (40, 40, false, &[0])]);
        assert_eq!(makespan(&graph, 1), graph.work());
        assert_eq!(makespan(&graph, 8), graph.times().end);
        // 0 and 1 (from 20), then 3 from 50 to 90; the program when 0 has ended.
        assert_eq!(makespan(&graph, 2), 105);
        assert_eq!(makespan(&graph, 0), graph.work(), "there is always one");
    }

    #[test]
    fn what_most_wait_for_goes_first() {
        // Three free units; two wait for the last one.
        let graph = graph(&[
            (10, 10, false, &[]),
            (10, 10, false, &[]),
            (10, 10, false, &[]),
            (10, 10, false, &[2]),
            (10, 10, false, &[2]),
        ]);
        assert_eq!(waiting(&graph), [0, 0, 2, 0, 0]);
        assert_eq!(makespan(&graph, 2), 30, "2 and 0, then two of the rest, then the last");
    }

    #[test]
    fn a_unit_that_takes_no_time_costs_nothing() {
        let graph = graph(&[(0, 0, false, &[]), (10, 10, false, &[-1]), (0, 0, true, &[-2])]);
        assert_eq!(makespan(&graph, 2), 10);
        assert_eq!(makespan(&Graph::default(), 2), 0);
    }
}
