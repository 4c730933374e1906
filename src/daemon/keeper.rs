//! Incremental state, while nobody builds: it is taken from units that have rested for a while, and made for units that were
//! restored without.
//!
//! It must never be in anybody's way: nothing begins while a wrapper is connected or has been a moment ago, one thing is done
//! at a time at the lowest priority, and a lookup kills the compiler that runs here, with all its children, at once. What is
//! waiting when the daemon ends is not done.

mod queue;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    errno::Errno,
    sys::{
        signal::{Signal, killpg},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};

use self::queue::{Queue, Work};
use super::state::State;
use crate::{
    base::{clock::Stopwatch, failpoint, sync::lock},
    engine::{
        Engine,
        states::{StateUnit, take::NotTaken},
    },
};

/// How often it is looked whether there is peace.
const GLANCE: Duration = Duration::from_millis(250);

/// What waits, and what runs.
#[derive(Default)]
pub struct Keeper {
    inside: Mutex<Inside>,
    changed: Condvar,
    /// A compiler's process group.
    running: Mutex<Option<Pid>>,
    /// How many clients wait for state to be kept, and how many of them for state to be made.
    settling: AtomicU64,
    priming: AtomicU64,
    /// Lookups so far.
    lookups: AtomicU64,
}

#[derive(Default)]
struct Inside {
    queue: Queue,
    /// What is being done.
    busy: Option<Work>,
}

impl Keeper {
    /// A wrapper has asked: whatever runs here has to make room.
    pub fn interrupt(&self) {
        self.lookups.fetch_add(1, Ordering::AcqRel);
        if let Some(group) = *lock(&self.running) {
            // It may have ended by itself.
            let _ = killpg(group, Signal::SIGKILL);
        }
    }

    /// A unit was restored.
    pub fn restored(&self, unit: StateUnit) {
        if unit.speculative {
            self.lock().queue.restored(unit);
            self.changed.notify_all();
        }
    }

    /// A unit was compiled, successfully or not.
    pub fn compiled(&self, unit: StateUnit) {
        self.lock().queue.compiled(unit, Instant::now());
        self.changed.notify_all();
    }

    /// Something is being done.
    pub fn is_busy(&self) -> bool {
        self.lock().busy.is_some()
    }

    /// Does now what waits for peace; returns when nothing waits any more, or soon after somebody else has asked for a
    /// compile. Without `prime`, nothing is made, only kept.
    pub fn settle(&self, prime: bool) {
        let before = self.lookups.load(Ordering::Acquire);
        self.settling.fetch_add(1, Ordering::AcqRel);
        self.priming.fetch_add(u64::from(prime), Ordering::AcqRel);
        let mut inside = self.lock();
        inside.queue.hurry();
        self.changed.notify_all();
        let waits = |inside: &Inside| {
            let busy = inside.busy.as_ref().is_some_and(|work| prime || matches!(work, Work::Take(_)));
            busy || inside.queue.is_worth_waiting_for(prime)
        };
        while waits(&inside) && self.lookups.load(Ordering::Acquire) == before {
            inside = self.changed.wait_timeout(inside, GLANCE).unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(inside);
        self.priming.fetch_sub(u64::from(prime), Ordering::AcqRel);
        self.settling.fetch_sub(1, Ordering::AcqRel);
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        lock(&self.inside)
    }

    fn has_clients(&self, state: &State) -> bool {
        state.connections.load(Ordering::Acquire) > self.settling.load(Ordering::Acquire)
    }

    /// Waits for something to do, and takes it.
    fn next(&self, state: &State, engine: &Engine) -> Work {
        let mut seen = state.activity.load(Ordering::Relaxed);
        let mut since = Instant::now();
        let mut inside = self.lock();
        loop {
            let activity = state.activity.load(Ordering::Relaxed);
            if activity != seen || self.has_clients(state) || state.has_queue() {
                (seen, since) = (activity, Instant::now());
            }
            let alone = !self.has_clients(state) && !state.has_queue();
            let rested = since.elapsed() >= state.peace;
            if alone && (rested || self.settling.load(Ordering::Acquire) > 0) {
                inside = self.date(inside, engine);
                let prime = rested || self.priming.load(Ordering::Acquire) > 0;
                if let Some(work) = inside.queue.take(Instant::now(), prime) {
                    inside.busy = Some(work.clone());
                    return work;
                }
                self.changed.notify_all();
            }
            // Nothing to do: nothing to look for either.
            let wait = if inside.queue.is_empty() { Duration::from_secs(3600) } else { GLANCE };
            inside = self.changed.wait_timeout(inside, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Finds out how new sources are, while others may go on.
    fn date<'a>(&'a self, inside: MutexGuard<'a, Inside>, engine: &Engine) -> MutexGuard<'a, Inside> {
        let undated = inside.queue.undated();
        if undated.is_empty() {
            return inside;
        }
        drop(inside);
        let dated: Vec<_> = undated.into_iter().map(|unit| (engine.newest_source(&unit), unit)).collect();
        let mut inside = self.lock();
        dated.into_iter().for_each(|(newest, unit)| inside.queue.date(&unit, newest));
        inside
    }

    fn done(&self, again: Option<Work>) {
        let mut inside = self.lock();
        inside.busy = None;
        if let Some(work) = again {
            inside.queue.put_back(work, Instant::now());
        }
        drop(inside);
        self.changed.notify_all();
    }

    /// Compiles a unit for its state. False if that was broken off.
    fn prime(&self, engine: &Engine, unit: &StateUnit, lookups: u64) -> bool {
        let Some(ahead) = engine.ahead(unit) else { return true };
        let watch = Stopwatch::start();
        let mut running = lock(&self.running);
        if self.lookups.load(Ordering::Acquire) != lookups {
            return false;
        }
        let Ok(mut child) = ahead.start() else { return true };
        let pid = Pid::from_raw(child.id().try_into().unwrap_or(i32::MAX));
        *running = Some(pid);
        drop(running);
        // The number stays its own until it is waited for, so nobody else can be killed in its place.
        while waitid(Id::Pid(pid), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
        *lock(&self.running) = None;
        drop(child.wait());
        let finished = self.lookups.load(Ordering::Acquire) == lookups;
        failpoint::reach("prime-before-install");
        let made = finished && ahead.finish().is_ok();
        engine.store.count_states(|t| {
            t.primed += u64::from(made);
            t.primed_ms += watch.millis();
        });
        finished
    }

    fn carry_out(&self, engine: &Engine, work: &Work, lookups: u64) -> bool {
        match work {
            Work::Prime(unit) => self.prime(engine, unit, lookups),
            Work::Take(unit) => {
                let interrupted = || self.lookups.load(Ordering::Acquire) != lookups;
                let result = engine.take_state(unit, &interrupted);
                match result {
                    Ok(()) => drop(engine.store.maybe_evict()),
                    Err(NotTaken::Interrupted) => return false,
                    Err(NotTaken::Store(_) | NotTaken::Name(_) | NotTaken::Io(_)) => engine.store.trouble("state-not-kept"),
                    Err(NotTaken::None | NotTaken::NoRoom) => {}
                }
                true
            }
        }
    }
}

/// Starts the thread. If none can be had, no state is kept or made.
pub fn start(state: Arc<State>) {
    drop(thread::Builder::new().name("keeper".into()).spawn(move || work(&state)));
}

fn work(state: &State) {
    // On Linux this concerns the calling thread alone.
    // SAFETY: a plain system call.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 19) };
    let Some(Ok(open)) = state.opened() else { return };
    let keeper = &state.keeper;
    loop {
        let work = keeper.next(state, &open.engine);
        let lookups = keeper.lookups.load(Ordering::Acquire);
        let done = catch_unwind(AssertUnwindSafe(|| keeper.carry_out(&open.engine, &work, lookups)));
        if done.is_err() {
            open.engine.store.trouble("keeper-panicked");
        }
        let again = matches!(done, Ok(false));
        keeper.done(again.then_some(work));
    }
}
