//! Taking units of target directories into the store, behind everybody's back.
//!
//! It must never hold a lock of cargo's: a build that is running is waited for, one that begins meanwhile goes first, and what
//! it changes shows in the signatures of files. What is waiting when the daemon ends is taken in after the next build.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use crate::{
    artifact::marker::Marker,
    base::{
        clock::Stopwatch,
        digest::{Digest, KeyHasher},
        failpoint,
        fs::FileSig,
        locks,
        sync::Count,
    },
    cargo::layout::LOCKS,
    engine::{
        Engine,
        units::{Site, ingest::Round},
    },
};

/// How long a build that is running is waited for.
const PATIENCE: Duration = Duration::from_secs(3600);
/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(100);
/// How often is looked whether another one has begun: the kernel lists all locks of the machine.
const GLANCE: Duration = Duration::from_millis(10);

/// A build whose units are to be taken in.
pub struct Job {
    pub site: Site,
    /// The cargo process whose end is to be waited for, if it runs still.
    pub cargo: Option<u32>,
    /// The others were taken in before, or put there.
    pub members_only: bool,
}

/// The queue and its thread.
pub struct Ingester {
    queue: Sender<Job>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    waiting: Count,
    /// No running build is waited for any more.
    hurry: AtomicBool,
}

impl Ingester {
    /// Starts the thread; `settle` blocks until all results handed over are stored. If no thread can be had, nothing is
    /// taken in.
    pub fn start(engine: Arc<Engine>, settle: impl Fn() + Send + 'static) -> Self {
        let (queue, jobs) = channel();
        let shared: Arc<Shared> = Arc::default();
        let seen = shared.clone();
        drop(thread::Builder::new().name("ingest".into()).spawn(move || work(&engine, &settle, &jobs, &seen)));
        Self { queue, shared }
    }

    /// Queues a build.
    pub fn push(&self, job: Job) {
        self.shared.waiting.change(1);
        if self.queue.send(job).is_err() {
            self.shared.waiting.change(-1);
        }
    }

    /// Builds that are not taken in yet.
    pub fn queued(&self) -> u64 {
        self.shared.waiting.get()
    }

    /// Blocks until every build queued so far is taken in.
    pub fn wait_until_empty(&self) {
        self.shared.waiting.wait_until_none();
    }

    /// As [`Ingester::wait_until_empty`], but what is still being built is left out.
    pub fn finish(&self) {
        self.shared.hurry.store(true, Ordering::Release);
        self.wait_until_empty();
    }
}

fn work(engine: &Engine, settle: &dyn Fn(), jobs: &Receiver<Job>, shared: &Shared) {
    // On Linux this concerns the calling thread alone.
    // SAFETY: a plain system call.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
    while let Ok(job) = jobs.recv() {
        // A build that begins meanwhile goes first.
        while has_ended(&job, &shared.hurry) {
            settle();
            let since = Cell::new(Stopwatch::start());
            let stop = || {
                since.get().elapsed() >= GLANCE && {
                    since.set(Stopwatch::start());
                    is_building(&job.site)
                }
            };
            match catch_unwind(AssertUnwindSafe(|| take_in(engine, &job.site, job.members_only, &stop))) {
                Ok(Taken::CutShort) => continue,
                Ok(Taken::Done) => drop(engine.store.maybe_evict()),
                Ok(Taken::Failed) => engine.store.trouble("units-not-taken-in"),
                Err(_) => engine.store.trouble("ingest-panicked"),
            }
            break;
        }
        shared.waiting.change(-1);
    }
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Done,
    /// The store cannot be written.
    Failed,
    /// It was stopped, and is to be done again: what is done already costs next to nothing then.
    CutShort,
}

/// Takes in what stands in a target directory in which nobody builds.
pub fn take_in(engine: &Engine, site: &Site, members_only: bool, stop: &dyn Fn() -> bool) -> Taken {
    let Some(key) = taken_key(site) else { return Taken::Done };
    let marker = Marker::read(site.call.target());
    if marker.never {
        return Taken::Done;
    }
    let round = Round { again: members_only, stop };
    let Ok(ingested) = engine.ingest_units(site, marker.units, &round) else { return Taken::Failed };
    if ingested.cut_short {
        return Taken::CutShort;
    }
    if members_only {
        // The rest was counted.
        return Taken::Done;
    }
    engine.store.count_units(|totals| {
        totals.build(ingested.units);
        ingested.refused.iter().for_each(|(why, unit)| totals.left_out(why.name(), unit));
    });
    failpoint::reach("ingest-before-note");
    // Nothing is written into the target directory behind the user's back: somebody may be removing it.
    let noted = taken_key(site) != Some(key) || engine.store.note_taken(&key).is_ok();
    if noted { Taken::Done } else { Taken::Failed }
}

/// Under which is noted that a command's build in this very directory was taken in; nothing if the directory is gone.
pub fn taken_key(site: &Site) -> Option<Digest> {
    let (device, inode) = FileSig::of(site.call.target()).ok()?.inode;
    let mut key = KeyHasher::new("taken in");
    key.field("target", site.call.target.as_encoded_bytes()).field("call", &site.call.exact.0);
    Some(key.field("directory", &[device.to_le_bytes(), inode.to_le_bytes()].concat()).finish())
}

/// Waits until the build has ended; `false` if that takes too long.
fn has_ended(job: &Job, hurry: &AtomicBool) -> bool {
    let watch = Stopwatch::start();
    let runs = |pid: u32| Path::new("/proc").join(pid.to_string()).exists();
    while job.cargo.is_some_and(runs) || is_building(&job.site) {
        if watch.elapsed() > PATIENCE || hurry.load(Ordering::Acquire) {
            return false;
        }
        thread::sleep(LOOK);
    }
    true
}

/// Cargo holds a lock in one of the directories.
fn is_building(site: &Site) -> bool {
    locks::any_held(site.call.places().into_iter().flat_map(|p| LOCKS.map(|name| site.call.target().join(&p).join(name))))
}
