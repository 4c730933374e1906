//! Taking units of target directories into the store, behind everybody's back.
//!
//! It must never hold a lock of cargo's: a build that is running is waited for, and one that begins meanwhile shows in the
//! signatures of files. What is waiting when the daemon ends is taken in after the next build.

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use nix::fcntl::{Flock, FlockArg};

use crate::{
    artifact::marker::Marker,
    base::{clock::Stopwatch, failpoint},
    engine::{Engine, units::Site},
};

/// How long a build that is running is waited for.
const PATIENCE: Duration = Duration::from_secs(3600);
/// How often is looked whether it has ended.
const LOOK: Duration = Duration::from_millis(100);
/// Files that cargo locks in a profile's directory.
const LOCKS: [&str; 2] = [".cargo-lock", ".cargo-build-lock"];

/// A build whose units are to be taken in.
pub struct Job {
    pub site: Site,
    /// The cargo process whose end is to be waited for, if it runs still.
    pub cargo: Option<u32>,
}

/// The queue and its thread.
pub struct Ingester {
    queue: Sender<Job>,
    waiting: Arc<AtomicU64>,
}

impl Ingester {
    /// Starts the thread; `settle` blocks until all results handed over are stored. If no thread can be had, nothing is
    /// taken in.
    pub fn start(engine: Arc<Engine>, settle: impl Fn() + Send + 'static) -> Self {
        let (queue, jobs) = channel();
        let waiting: Arc<AtomicU64> = Arc::default();
        let counted = waiting.clone();
        drop(thread::Builder::new().name("ingest".into()).spawn(move || work(&engine, &settle, &jobs, &counted)));
        Self { queue, waiting }
    }

    /// Queues a build.
    pub fn push(&self, job: Job) {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        if self.queue.send(job).is_err() {
            self.waiting.fetch_sub(1, Ordering::AcqRel);
        }
    }

    /// Builds that are not taken in yet.
    pub fn queued(&self) -> u64 {
        self.waiting.load(Ordering::Acquire)
    }
}

fn work(engine: &Engine, settle: &dyn Fn(), jobs: &Receiver<Job>, waiting: &AtomicU64) {
    // On Linux this concerns the calling thread alone.
    // SAFETY: a plain system call.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 10) };
    while let Ok(job) = jobs.recv() {
        wait_for_end(&job);
        settle();
        match catch_unwind(AssertUnwindSafe(|| take_in(engine, &job.site))) {
            Ok(true) => drop(engine.store.maybe_evict()),
            Ok(false) => engine.store.trouble("units-not-taken-in"),
            Err(_) => engine.store.trouble("ingest-panicked"),
        }
        waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

fn take_in(engine: &Engine, site: &Site) -> bool {
    let target = site.call.target();
    let before = Marker::read(target);
    if before.never || !target.is_dir() {
        return true;
    }
    let units = before.units.clone();
    if engine.ingest_units(site, units.clone()).is_err() {
        return false;
    }
    failpoint::reach("ingest-before-marker");
    // Another build may have been prepared meanwhile.
    if Marker::read(target) == before && target.is_dir() {
        drop(Marker { call: Some(site.call.exact), taken: true, never: false, units }.write(target));
    }
    true
}

fn wait_for_end(job: &Job) {
    let watch = Stopwatch::start();
    let runs = |pid: u32| Path::new("/proc").join(pid.to_string()).exists();
    while watch.elapsed() < PATIENCE && (job.cargo.is_some_and(runs) || is_building(&job.site)) {
        thread::sleep(LOOK);
    }
}

/// Cargo holds a lock in one of the directories.
fn is_building(site: &Site) -> bool {
    let files = site.call.places().into_iter().flat_map(|p| LOCKS.map(|name| site.call.target().join(&p).join(name)));
    let mut open = files.filter_map(|path| File::open(path).ok());
    open.any(|file| Flock::lock(file, FlockArg::LockSharedNonblock).is_err())
}
