//! What will probably be asked for next, compiled while nothing else is to be done. Decides when; how is told by others.
//!
//! It must never be in anybody's way: it begins when all has been quiet for a moment, and ends with the first change.

use std::{
    ffi::OsString,
    sync::mpsc::Sender,
    time::{Duration, Instant},
};

use super::{
    child::{Running, Sign},
    job::{Job, Make},
    session::Event,
};
use crate::base::env::names;

/// How long nothing must have happened.
const REST: Duration = Duration::from_millis(1000);

/// What is planned, and what runs.
pub struct Ahead {
    prepare: Option<Make>,
    /// Line numbers of what a job has made may lag behind, so it is made exactly as well.
    drifts: bool,
    /// From the last to the first.
    planned: Vec<Step>,
    due: Option<Instant>,
    running: Option<(u64, Job, Running)>,
    number: u64,
    /// What was told last.
    told: Option<Job>,
}

/// One thing to do.
struct Step {
    job: Job,
    words: Vec<OsString>,
    /// With the line numbers of the sources, whatever the configuration allows.
    exactly: bool,
}

/// After a job, what comes next.
fn next_of(job: Job) -> &'static [Job] {
    match job {
        Job::Check | Job::Clippy => &[Job::Build, Job::Test],
        Job::Build | Job::Run => &[Job::Test],
        Job::Test => &[],
    }
}

/// What makes everything that a job has made, if that is more than metadata.
fn same_as(job: Job) -> Option<Job> {
    match job {
        Job::Build | Job::Run => Some(Job::Build),
        Job::Test => Some(Job::Test),
        Job::Check | Job::Clippy => None,
    }
}

impl Ahead {
    /// Without a way to do it, nothing is ever done. With `drifts`, line numbers may lag behind.
    pub fn new(prepare: Option<Make>, drifts: bool) -> Self {
        Self { prepare, drifts, planned: Vec::new(), due: None, running: None, number: 0, told: None }
    }

    /// A job has ended well.
    pub fn plan(&mut self, job: Job, words: impl Fn(Job) -> Vec<OsString>, now: Instant) {
        if self.prepare.is_some() {
            let step = |job: Job, exactly| Step { job, words: words(job), exactly };
            // What is asked for sooner comes sooner: nobody waits for exact lines.
            let exact = same_as(job).filter(|_| self.drifts).map(|job| step(job, true));
            self.planned = next_of(job).iter().map(|next| step(*next, false)).chain(exact).rev().collect();
            self.due = Some(now + REST);
        }
    }

    /// Ends what runs and forgets what was planned.
    pub fn stop(&mut self, now: Instant) {
        self.planned.clear();
        self.due = None;
        if let Some((_, _, running)) = &mut self.running {
            running.end(now);
        }
    }

    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// When there is something to be done without any event.
    pub fn deadline(&self) -> Option<Instant> {
        match &self.running {
            Some((_, _, running)) => running.deadline(),
            None => self.due.filter(|_| !self.planned.is_empty()),
        }
    }

    /// Does what is due; what is being compiled, if that is another thing than before.
    pub fn advance(&mut self, now: Instant, events: &Sender<Event>) -> Option<Option<&'static str>> {
        match &mut self.running {
            Some((_, _, running)) if running.deadline().is_some_and(|at| at <= now) => running.kill(),
            None if self.due.is_some_and(|at| at <= now) => self.begin(events),
            _ => {}
        }
        let what = self.running.as_ref().map(|(_, job, _)| *job);
        (std::mem::replace(&mut self.told, what) != what).then(|| what.map(Job::name))
    }

    /// Something has become of it.
    pub fn sign(&mut self, number: u64, sign: &Sign, now: Instant) {
        if let Some((own, _, running)) = &self.running
            && *own == number
            && matches!(sign, Sign::Ended(_))
        {
            // Nobody wants the next one either, if this was ended.
            if running.is_ending() {
                self.planned.clear()
            } else {
                self.due = Some(now)
            }
            self.running = None;
        }
    }

    fn begin(&mut self, events: &Sender<Event>) {
        let (Some(prepare), Some(Step { job, words, exactly })) = (&self.prepare, self.planned.pop()) else {
            self.due = None;
            return;
        };
        self.number += 1;
        let (number, events) = (self.number, events.clone());
        let mut command = prepare(job, &words);
        if exactly {
            command.env(format!("{}AI_LINE_DRIFT", names::PREFIX), "exact");
        }
        // What cannot be started is not worth a word: nobody has asked for it.
        if let Ok(running) = Running::start(&mut command, move |sign| drop(events.send(Event::Ahead(number, sign)))) {
            self.running = Some((number, job, running));
        }
    }
}
