//! Arithmetic on units that need each other: how early each can start, what decides when all is done, and what is behind and
//! in front of a unit.
//!
//! It must never know what a unit is. A circle, which cargo does not make, is cut where it is met.

use std::collections::BTreeSet;

/// One unit, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Node {
    pub ms: u64,
    /// From its start until those can start that need only its metadata; at most `ms`.
    pub ready_ms: u64,
    /// It is linked: everything behind it has to be done, not only what it names.
    pub linked: bool,
}

/// A unit needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edge {
    pub to: usize,
    /// All of it, as opposed to its metadata.
    pub whole: bool,
}

/// Units and what they need.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
    needs: Vec<Vec<Edge>>,
    /// Every unit behind what it needs.
    order: Vec<usize>,
}

/// When things happen if nothing has to wait for a processor.
#[derive(Debug, Clone, Default)]
pub struct Times {
    pub start: Vec<u64>,
    /// The unit that was waited for.
    pub after: Vec<Option<usize>>,
    pub end: u64,
}

/// A unit on the critical path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub unit: usize,
    pub start: u64,
    /// How much of it the next one had to wait for.
    pub ms: u64,
}

impl Graph {
    /// `needs[n]` is what `nodes[n]` needs.
    pub fn new(nodes: Vec<Node>, needs: Vec<Vec<Edge>>) -> Self {
        let mut graph = Self { nodes, needs, order: Vec::new() };
        graph.order = graph.sorted();
        let mut place = vec![0; graph.nodes.len()];
        graph.order.iter().enumerate().for_each(|(at, unit)| place[*unit] = at);
        for (unit, needs) in graph.needs.iter_mut().enumerate() {
            needs.retain(|edge| place.get(edge.to).is_some_and(|at| *at < place[unit]));
        }
        graph
    }

    /// What a unit needs.
    pub fn needs(&self, unit: usize) -> &[Edge] {
        self.needs.get(unit).map_or(&[], Vec::as_slice)
    }

    fn sorted(&self) -> Vec<usize> {
        let (mut order, mut state) = (Vec::with_capacity(self.nodes.len()), vec![0_u8; self.nodes.len()]);
        for first in 0..self.nodes.len() {
            let mut stack = vec![(first, 0)];
            while let Some((unit, next)) = stack.pop() {
                if next == 0 {
                    if state[unit] != 0 {
                        continue;
                    }
                    state[unit] = 1;
                }
                match self.needs(unit).get(next) {
                    Some(edge) => {
                        stack.push((unit, next + 1));
                        if edge.to < state.len() && state[edge.to] == 0 {
                            stack.push((edge.to, 0));
                        }
                    }
                    None => {
                        state[unit] = 2;
                        order.push(unit);
                    }
                }
            }
        }
        order
    }

    /// Every unit behind what it needs.
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// As early as possible, with as many processors as may be wanted.
    pub fn times(&self) -> Times {
        let count = self.nodes.len();
        let (mut start, mut after) = (vec![0; count], vec![None; count]);
        // The end of the last of everything behind a unit and the unit itself, and which that is.
        let mut last: Vec<(u64, usize)> = (0..count).map(|n| (0, n)).collect();
        for &unit in &self.order {
            let (mut begin, mut waited) = (0, None);
            let mut behind = (0, unit);
            for edge in self.needs(unit) {
                let dep = self.nodes[edge.to];
                let wait = start[edge.to] + if edge.whole { dep.ms } else { dep.ready_ms };
                if wait > begin {
                    (begin, waited) = (wait, Some(edge.to));
                }
                behind = behind.max(last[edge.to]);
            }
            if self.nodes[unit].linked && behind.0 > begin {
                (begin, waited) = (behind.0, Some(behind.1));
            }
            (start[unit], after[unit]) = (begin, waited);
            last[unit] = behind.max((begin + self.nodes[unit].ms, unit));
        }
        let end = (0..count).map(|n| start[n] + self.nodes[n].ms).max().unwrap_or(0);
        Times { start, after, end }
    }

    /// The units that decide when all is done, the first one first.
    pub fn critical_path(&self) -> Vec<Step> {
        let times = self.times();
        let end = |n: &usize| times.start[*n] + self.nodes[*n].ms;
        let Some(mut unit) = (0..self.nodes.len()).max_by_key(end) else { return Vec::new() };
        let mut path = vec![Step { unit, start: times.start[unit], ms: self.nodes[unit].ms }];
        while let Some(before) = times.after[unit] {
            let ms = times.start[unit] - times.start[before];
            path.push(Step { unit: before, start: times.start[before], ms });
            unit = before;
        }
        path.reverse();
        path
    }

    /// Everything that a unit needs, directly or not, without itself.
    pub fn behind(&self, unit: usize) -> BTreeSet<usize> {
        self.reach(unit, |n| self.needs(n).iter().map(|e| e.to).collect())
    }

    /// Who needs a unit, one step each.
    pub fn dependents(&self) -> Vec<Vec<usize>> {
        let mut all = vec![Vec::new(); self.nodes.len()];
        for (unit, needs) in self.needs.iter().enumerate() {
            needs.iter().for_each(|edge| all[edge.to].push(unit));
        }
        all
    }

    /// Everything that needs a unit, directly or not, without itself.
    pub fn in_front(&self, unit: usize) -> BTreeSet<usize> {
        let dependents = self.dependents();
        self.reach(unit, |n| dependents[n].clone())
    }

    fn reach(&self, unit: usize, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
        let (mut found, mut todo) = (BTreeSet::new(), next(unit));
        while let Some(one) = todo.pop() {
            if one != unit && found.insert(one) {
                todo.extend(next(one));
            }
        }
        found
    }

    /// What would be needed by nobody any more if these units were gone, themselves included. `wanted` is kept in any case.
    pub fn only_for(&self, gone: &BTreeSet<usize>, wanted: impl Fn(usize) -> bool) -> BTreeSet<usize> {
        let dependents = self.dependents();
        let mut all = gone.clone();
        // Dependents come before what they need.
        for &unit in self.order.iter().rev() {
            let orphaned = !dependents[unit].is_empty() && dependents[unit].iter().all(|d| all.contains(d));
            if orphaned && !wanted(unit) {
                all.insert(unit);
            }
        }
        all
    }

    /// The same with other times.
    pub fn with(&self, change: impl Fn(usize, Node) -> Node) -> Self {
        let nodes = self.nodes.iter().enumerate().map(|(n, node)| change(n, *node)).collect();
        Self { nodes, ..self.clone() }
    }

    /// The same as if these took no time.
    pub fn without(&self, gone: &BTreeSet<usize>) -> Self {
        self.with(|n, node| if gone.contains(&n) { Node { ms: 0, ready_ms: 0, ..node } } else { node })
    }

    /// The sum of all times.
    pub fn work(&self) -> u64 {
        self.nodes.iter().map(|n| n.ms).sum()
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// `(ms, ready, linked, needs)`; a need below zero is one of the whole unit `-need - 1`.
    pub fn graph(units: &[(u64, u64, bool, &[i32])]) -> Graph {
        let node = |(ms, ready_ms, linked, _): &(u64, u64, bool, &[i32])| Node { ms: *ms, ready_ms: *ready_ms, linked: *linked };
        let edge = |n: &i32| {
            let to = usize::try_from(if *n < 0 { -n - 1 } else { *n }).expect("small");
            Edge { to, whole: *n < 0 }
        };
        let needs = units.iter().map(|u| u.3.iter().map(edge).collect()).collect();
        Graph::new(units.iter().map(node).collect(), needs)
    }

    fn path(graph: &Graph) -> Vec<(usize, u64, u64)> {
        graph.critical_path().into_iter().map(|s| (s.unit, s.start, s.ms)).collect()
    }

    #[test]
    fn dependents_start_with_the_metadata_and_programs_with_the_end_of_all() {
        // base (slow code generation) <- mid <- app, and a library beside them.
        let units: &[(u64, u64, bool, &[i32])] =
            &[(100, 20, false, &[]), (30, 10, false, &[0]), (5, 5, true, &[-2]), (40, 40, false, &[0])];
        let graph = graph(units);
        let times = graph.times();
        assert_eq!(times.start, [0, 20, 100, 20], "the program waits for the code of the lowest");
        assert_eq!((times.end, graph.work()), (105, 175));
        assert_eq!(path(&graph), [(0, 0, 100), (2, 100, 5)]);
        let library = graph.with(|n, node| Node { linked: node.linked && n != 2, ..node });
        assert_eq!(library.times().start[2], 50, "whole, but only what is named");
        assert_eq!(path(&library), [(0, 0, 100)], "the code of the lowest ends last");
    }

    #[test]
    fn a_known_critical_path() {
        // A build script: compiled, run, and only then the library; a chain beside it that is shorter.
        let graph = graph(&[
            (10, 10, true, &[]),
            (50, 50, false, &[-1]),
            (20, 15, false, &[-2]),
            (60, 60, false, &[]),
            (7, 7, true, &[-3, -4]),
        ]);
        assert_eq!(path(&graph), [(0, 0, 10), (1, 10, 50), (2, 60, 20), (4, 80, 7)]);
        assert_eq!(graph.times().end, 87);
        let without_run = graph.without(&BTreeSet::from([1]));
        assert_eq!((path(&without_run), without_run.times().end), (vec![(3, 0, 60), (4, 60, 7)], 67));
    }

    #[test]
    fn what_is_behind_in_front_and_needed_by_nobody_else() {
        // 3 needs 1 and 2, 4 needs 2; 1 and 2 need 0; 2 also needs 5.
        let graph = graph(&[
            (1, 1, false, &[]),
            (1, 1, false, &[0]),
            (1, 1, false, &[0, 5]),
            (1, 1, true, &[1, 2]),
            (1, 1, true, &[2]),
            (1, 1, false, &[]),
        ]);
        assert_eq!(graph.behind(2), BTreeSet::from([0, 5]));
        assert_eq!(graph.in_front(0), BTreeSet::from([1, 2, 3, 4]));
        assert_eq!(graph.only_for(&BTreeSet::from([2]), |_| false), BTreeSet::from([2, 5]));
        assert_eq!(graph.only_for(&BTreeSet::from([2]), |n| n == 5), BTreeSet::from([2]));
        assert_eq!(graph.only_for(&BTreeSet::from([1, 2]), |_| false), BTreeSet::from([0, 1, 2, 5]));
    }

    #[test]
    fn a_circle_ends() {
        let graph = graph(&[(1, 1, false, &[1]), (1, 1, false, &[0])]);
        assert_eq!((graph.behind(0), graph.behind(1)), (BTreeSet::from([1]), BTreeSet::new()));
        assert_eq!(path(&graph), [(1, 0, 1), (0, 1, 1)]);
    }
}
