//! Storing results behind the build's back: one low-priority thread and a queue.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use super::flights::Leader;
use crate::base::sync::Count;
use crate::engine::{
    Engine, Prepared,
    plan::{Compiled, Linked},
};

/// One result to store. The flight lands when it is dropped.
pub struct Job {
    pub prepared: Prepared,
    pub result: Compiled,
    /// Nobody reads it: it lands the flight when it is dropped.
    pub _leader: Option<Leader>,
}

/// The queue and its thread.
pub struct Publisher {
    queue: Sender<Job>,
    count: Arc<Count>,
}

impl Publisher {
    /// Starts the thread.
    pub fn start(engine: Arc<Engine>) -> Self {
        let (queue, jobs) = channel();
        let count: Arc<Count> = Arc::default();
        let counted = count.clone();
        // If no thread can be had, the queue's receiver is gone and every job is dropped: nothing is stored.
        drop(thread::Builder::new().name("publish".into()).spawn(move || work(&engine, &jobs, &counted)));
        Self { queue, count }
    }

    /// Queues a job.
    pub fn push(&self, job: Job) {
        self.count.change(1);
        if self.queue.send(job).is_err() {
            self.count.change(-1);
        }
    }

    /// Jobs that are not stored yet.
    pub fn queued(&self) -> u64 {
        self.count.get()
    }

    /// Blocks until every job queued so far is stored.
    pub fn wait_until_empty(&self) {
        self.count.wait_until_none();
    }
}

fn work(engine: &Engine, jobs: &Receiver<Job>, count: &Count) {
    // Compilers go first; on Linux this concerns the calling thread alone.
    // SAFETY: a plain system call.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 5) };
    while let Ok(job) = jobs.recv() {
        let outcome = catch_unwind(AssertUnwindSafe(|| engine.publish(&job.prepared, &job.result)));
        match outcome {
            Ok(Ok(())) => drop(engine.store.maybe_evict()),
            Ok(Err(error)) => engine.store.trouble(name(&error)),
            Err(_) => engine.store.trouble("publish-panicked"),
        }
        if let Linked::Recorded(dir) = &job.result.linked {
            // What stays is removed when the store is opened again.
            drop(std::fs::remove_dir_all(dir));
        }
        drop(job); // Lands the flight before the queue counts as empty.
        count.change(-1);
    }
}

/// The trouble's name in the statistics.
fn name(error: &crate::engine::NotStored) -> &'static str {
    use crate::engine::NotStored;
    match error {
        NotStored::InputChanged(_) => "input-changed-during-compile",
        NotStored::OutputChanged(_) => "output-changed-after-compile",
        NotStored::Undeclared(_) => "undeclared-output",
        NotStored::NoDepInfo => "no-dependency-information",
        NotStored::WhyNot(_) => "not-cacheable-after-all",
        NotStored::Store(_) => "store-write-failed",
        NotStored::Io(_) => "output-gone",
    }
}
