//! Incremental state, while nobody builds: it is taken from units that have rested for a while, and made for units that were
//! restored without.
//!
//! It must never be in anybody's way: nothing begins while a wrapper is connected or has been a moment ago, one thing is done
//! at a time at the lowest priority, and a lookup kills the compiler that runs here, with all its children, at once. What is
//! waiting when the daemon ends is not done.

mod queue;

use std::{
    collections::HashSet,
    io,
    os::unix::process::CommandExt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    process::{Command, Stdio},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use self::queue::{Queue, Work};
use super::state::State;
use crate::{
    base::{clock::Stopwatch, failpoint, process, sync::lock},
    engine::{
        Engine,
        states::{StateUnit, Turn, take::NotTaken},
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
    /// Units whose state was made ahead, and that were not compiled since.
    primed: HashSet<PathBuf>,
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

    /// A unit was compiled, successfully or not. Whether it had state that was made ahead.
    pub fn compiled(&self, unit: StateUnit) -> bool {
        let mut inside = self.lock();
        let had = inside.primed.remove(&unit.stem);
        inside.queue.compiled(unit, Instant::now());
        self.changed.notify_all();
        had
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

    fn done(&self, work: Work, end: End) {
        let mut inside = self.lock();
        inside.busy = None;
        match (work, end) {
            (work, End::BrokenOff) => inside.queue.put_back(work, Instant::now()),
            // Whoever cleans now would lose it as well.
            (Work::Prime(unit), End::Made) => {
                inside.primed.insert(unit.stem.clone());
                inside.queue.compiled(unit, Instant::now());
            }
            _ => {}
        }
        drop(inside);
        self.changed.notify_all();
    }
}

/// How a piece of work has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    BrokenOff,
    /// There is state that was not there before.
    Made,
    Nothing,
}

fn carry_out(engine: &Engine, work: &Work, turn: &dyn Turn) -> End {
    match work {
        Work::Prime(unit) => prime(engine, unit, turn),
        Work::Take(unit) => {
            match engine.take_state(unit, turn) {
                Ok(()) => drop(engine.store.maybe_evict()),
                Err(NotTaken::Interrupted) => return End::BrokenOff,
                Err(NotTaken::Store(_) | NotTaken::Name(_) | NotTaken::Io(_)) => engine.store.trouble("state-not-kept"),
                Err(NotTaken::None | NotTaken::NoRoom | NotTaken::Secret) => {}
            }
            End::Nothing
        }
    }
}

/// Until the next lookup.
struct UntilLookup<'a> {
    keeper: &'a Keeper,
    /// When it began.
    lookups: u64,
}

impl Turn for UntilLookup<'_> {
    fn is_over(&self) -> bool {
        self.keeper.lookups.load(Ordering::Acquire) != self.lookups
    }

    fn run(&self, command: &mut Command) -> io::Result<()> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        // Whoever waits for it has the machine to himself, or would wait for ever.
        lowest_priority(command, self.keeper.settling.load(Ordering::Acquire) == 0);
        let mut running = lock(&self.keeper.running);
        if self.is_over() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let mut child = command.spawn()?;
        let pid = Pid::from_raw(child.id().try_into().unwrap_or(i32::MAX));
        *running = Some(pid);
        drop(running);
        process::wait_until_ended(pid);
        *lock(&self.keeper.running) = None;
        child.wait()?;
        if self.is_over() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

/// Compiles a unit for its state.
fn prime(engine: &Engine, unit: &StateUnit, turn: &dyn Turn) -> End {
    let ended = |made| match made {
        true => End::Made,
        false if turn.is_over() => End::BrokenOff,
        false => End::Nothing,
    };
    let Some(ahead) = engine.ahead(unit, turn) else { return ended(false) };
    let watch = Stopwatch::start();
    let ran = ahead.command().and_then(|mut command| turn.run(&mut command));
    failpoint::reach("prime-before-install");
    let made = ran.is_ok() && ahead.finish().is_ok();
    engine.store.count_states(|t| {
        t.primed += u64::from(made);
        t.primed_ms += watch.millis();
    });
    ended(made)
}

fn lowest_priority(command: &mut Command, idle: bool) {
    // Nobody waits for the child, and nobody needs it when we are gone.
    process::dies_with_us(command);
    // SAFETY: system calls between fork and exec. Each may be refused.
    unsafe {
        command.pre_exec(move || {
            libc::setpriority(libc::PRIO_PROCESS, 0, if idle { 19 } else { 5 });
            #[cfg(target_os = "linux")]
            if idle {
                let none = libc::sched_param { sched_priority: 0 };
                libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const none);
            }
            Ok(())
        });
    }
}

/// Starts the thread. If none can be had, no state is kept or made.
pub fn start(state: Arc<State>) {
    drop(thread::Builder::new().name("keeper".into()).spawn(move || work(&state)));
}

fn work(state: &State) {
    // On Linux this concerns the calling thread alone; a child can only have less.
    // SAFETY: a plain system call.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 5) };
    let Some(Ok(open)) = state.opened() else { return };
    let keeper = &state.keeper;
    loop {
        let work = keeper.next(state, &open.engine);
        let turn = UntilLookup { keeper, lookups: keeper.lookups.load(Ordering::Acquire) };
        let end = catch_unwind(AssertUnwindSafe(|| carry_out(&open.engine, &work, &turn))).unwrap_or_else(|_| {
            open.engine.store.trouble("keeper-panicked");
            End::Nothing
        });
        keeper.done(work, end);
    }
}
