//! How long a build that is going on will still take, told from what the same units have taken before.
//!
//! What is left is what is being compiled now and everything that needs something which was compiled in this build, as far as builds
//! for the same purpose are on record. That is an answer only where it agrees with what cargo counts: a unit that nobody has measured,
//! or one that is compiled for another reason, makes it unknown, and nothing is guessed. It takes each unit for one that is compiled,
//! so that results which are restored make it shorter, and processors for free (see [`super::schedule`]).

use std::collections::BTreeSet;

use super::{
    graph::Node,
    project::{Project, Purpose, undisturbed_ms},
    schedule::makespan,
};
use crate::{
    events::{BuildRecord, Ended, Running},
    ipc::protocol::BuildsReply,
};

/// Of the units that cargo counts, at most one in so many may be unaccounted for.
const SLACK: u64 = 10;

/// What is on record of builds like one in a target directory.
pub struct Record(Project);

/// What a build has done so far.
pub struct SoFar<'a> {
    pub running: &'a [Running],
    pub ended: &'a [Ended],
    /// Units that cargo has not finished.
    pub left: u64,
    /// How many of them it does at once.
    pub jobs: usize,
}

impl Record {
    /// Of builds that were for the same as this subcommand's; of clippy's, cargo calls itself `check`.
    pub fn of(reply: &BuildsReply, command: &str) -> Self {
        let known = reply.units.iter().map(|u| (u.id.as_str(), u)).collect();
        let purpose = Purpose::of(command);
        let is_alike = |b: &&BuildRecord| purpose.is_some() && Purpose::of(&b.head.command) == purpose;
        let builds: Vec<_> = reply.builds.iter().filter(is_alike).cloned().collect();
        let roots: BTreeSet<&str> = builds.iter().flat_map(|b| &b.units).map(|u| u.id.as_str()).collect();
        Self(Project::with(builds.clone(), &known, roots))
    }

    /// The time that is left, in milliseconds.
    pub fn left(&self, so_far: &SoFar) -> Option<u64> {
        let (project, graph) = (&self.0, self.0.as_last_compiled());
        let count = graph.nodes.len();
        let (mut since, mut ended, mut is_new) = (vec![None; count], vec![false; count], vec![false; count]);
        for running in so_far.running {
            let at = project.place(&running.id)?;
            (since[at], is_new[at]) = (Some(running.ms), true);
        }
        for unit in so_far.ended {
            if let Some(at) = project.place(&unit.id) {
                (ended[at], is_new[at]) = (true, unit.is_new);
            }
        }
        // Units stand behind what they need. What is linked has to be done again for anything behind it.
        let mut stands_on_new = is_new.clone();
        for &unit in graph.order() {
            let needs = || graph.needs(unit).iter().map(|e| e.to);
            stands_on_new[unit] |= needs().any(|n| stands_on_new[n]);
            let linked = graph.nodes[unit].linked && stands_on_new[unit];
            is_new[unit] |= !ended[unit] && (linked || needs().any(|n| is_new[n]));
        }
        // Whoever has begun has everything that it needs, though a run of a build script tells nobody of its end.
        let mut was_needed = vec![false; count];
        for &unit in graph.order().iter().rev() {
            if was_needed[unit] || ended[unit] || since[unit].is_some() {
                graph.needs(unit).iter().for_each(|e| was_needed[e.to] = true);
            }
        }
        let is_left = |unit: usize| since[unit].is_some() || (is_new[unit] && !ended[unit] && !was_needed[unit]);
        let left: Vec<usize> = (0..count).filter(|n| is_left(*n)).collect();
        let agrees = so_far.left.abs_diff(left.len() as u64) <= so_far.left / SLACK;
        if !agrees || left.iter().any(|n| undisturbed_ms(&project.units[*n].known.last) == 0) {
            return None;
        }
        let rest = graph.with(|unit, node| match (is_left(unit), since[unit]) {
            (false, _) => Node { ms: 0, ready_ms: 0, ..node },
            (true, since) => {
                let rest = |ms: u64| ms.saturating_sub(since.unwrap_or(0));
                Node { ms: rest(node.ms), ready_ms: rest(node.ready_ms), ..node }
            }
        });
        Some(makespan(&rest, so_far.jobs)).filter(|ms| *ms > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyze::project::tests::sample;

    fn running(id: &str, ms: u64) -> Running {
        Running { id: id.into(), ms }
    }

    fn ended(id: &str, is_new: bool) -> Ended {
        Ended { id: id.into(), is_new }
    }

    /// `native` (script 10, run 500, library 80 with metadata after 30), `mid` on it (60), `app` (25) on that.
    fn left(running: &[Running], ended: &[Ended], left: u64) -> Option<u64> {
        Record::of(&sample(), "build").left(&SoFar { running, ended, left, jobs: 4 })
    }

    #[test]
    fn what_is_in_front_of_an_edit_is_left() {
        assert_eq!(left(&[running("mid", 20)], &[], 2), Some(40 + 25));
        assert_eq!(left(&[running("app", 5)], &[ended("mid", true)], 1), Some(20));
        assert_eq!(left(&[running("native:build-script", 0)], &[], 5), Some(10 + 500 + 30 + 60 + 25));
        // The run has told nobody of its end; the program waits for the library, which goes on beside what needs its metadata.
        assert_eq!(left(&[running("native", 30), running("mid", 0)], &[ended("native:build-script", true)], 3), Some(60 + 25));
    }

    #[test]
    fn nothing_is_guessed() {
        assert_eq!(left(&[running("mid", 20)], &[], 3), None, "cargo knows of one more");
        assert_eq!(left(&[running("mid", 20)], &[], 1), None, "and here of one less");
        assert_eq!(left(&[running("other", 1), running("app", 1)], &[], 1), None, "a unit that is not on record");
        assert_eq!(left(&[], &[], 2), None, "nothing has begun");
        assert_eq!(left(&[running("app", 30)], &[], 1), None, "it takes longer than it did");
        let never = Record::of(&sample(), "check").left(&SoFar { running: &[running("mid", 1)], ended: &[], left: 2, jobs: 4 });
        assert_eq!(never, None, "for something else");
        let mut reply = sample();
        reply.units[4].last = Default::default();
        let record = Record::of(&reply, "build");
        assert_eq!(record.left(&SoFar { running: &[running("mid", 1)], ended: &[], left: 2, jobs: 4 }), None, "never measured");
    }

    #[test]
    fn what_is_restored_makes_nothing_in_front_of_it_new() {
        // `mid` was invisible from outside: only what is linked is made again.
        assert_eq!(left(&[running("app", 0)], &[ended("native", true), ended("mid", false)], 1), Some(25));
        assert_eq!(left(&[], &[ended("mid", false)], 1), None);
        assert_eq!(left(&[], &[ended("native", true), ended("mid", false)], 1), Some(25), "the program stands on it");
    }
}
