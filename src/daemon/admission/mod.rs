//! Places for compilers: a wrapper that has to compile is answered when there is one for it ([`policy`] decides).
//!
//! It must never keep a wrapper that has hung up, nor one whose compiler has ended: a place goes with the connection, at the
//! latest. Where the daemon is gone, hangs or ends, wrappers compile at once. The daemon's own compiles (incremental state,
//! verification) need no place: they run only while nobody asks for anything, and end when somebody does.

pub mod policy;
mod prior;

use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::{Notify, futures::Notified};

pub use self::policy::Ask;
use self::policy::{Id, Limits, Policy};
use crate::{
    base::{
        clock::Stopwatch,
        env::names,
        memory::{self, Machine},
        sync::lock,
    },
    engine::{Engine, Prepared},
};

/// How long a look at the machine is good for; nothing that compiles grows much faster.
const FRESH: Duration = Duration::from_millis(100);

/// All places, and those who wait for one.
#[derive(Clone)]
pub struct Admission(Arc<Shared>);

struct Shared {
    inner: Mutex<Inner>,
    left: Notify,
    clock: Stopwatch,
}

#[derive(Default)]
struct Inner {
    policy: Policy,
    /// The wrappers of those that run or wait.
    wrappers: Vec<(Id, u32)>,
    /// The machine as it was seen last, and when.
    seen: Option<(Duration, Machine)>,
}

impl Default for Admission {
    fn default() -> Self {
        Self(Arc::new(Shared { inner: Mutex::default(), left: Notify::new(), clock: Stopwatch::start() }))
    }
}

/// A place, or the wish for one; dropped, it is free for others.
pub struct Place {
    admission: Admission,
    id: Id,
}

impl Admission {
    /// Asks for a place for a compile by this wrapper.
    pub fn ask(&self, ask: Ask, wrapper: Option<u32>) -> Place {
        let mut inner = self.lock();
        let id = inner.policy.ask(ask, self.0.clock.elapsed());
        inner.wrappers.extend(wrapper.map(|pid| (id, pid)));
        Place { admission: self.clone(), id }
    }

    /// Ends when a place has become free.
    pub fn changed(&self) -> Notified<'_> {
        self.0.left.notified()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        lock(&self.0.inner)
    }
}

impl Place {
    /// Whether the compile may begin; looks whether it may by now.
    pub fn is_given(&self) -> bool {
        let now = self.admission.0.clock.elapsed();
        let mut inner = self.admission.lock();
        if inner.policy.is_running(self.id) {
            return true;
        }
        let machine = inner.look(now);
        if inner.policy.admit(now, machine) {
            // Some of them may be asleep.
            self.admission.0.left.notify_waiters();
        }
        inner.policy.is_running(self.id)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now = self.admission.0.clock.elapsed();
        let mut inner = self.admission.lock();
        inner.policy.leave(self.id, now);
        inner.wrappers.retain(|(id, _)| *id != self.id);
        // What it has used is free now.
        inner.seen = None;
        drop(inner);
        self.admission.0.left.notify_waiters();
    }
}

impl Inner {
    fn look(&mut self, now: Duration) -> Machine {
        if let Some((at, machine)) = self.seen
            && now.saturating_sub(at) < FRESH
        {
            return machine;
        }
        let running: Vec<Id> = self.policy.running().collect();
        for (id, pid) in self.wrappers.iter().filter(|(id, _)| running.contains(id)) {
            self.policy.note_used(*id, memory::resident_below(*pid));
        }
        let machine = Machine::now();
        self.seen = Some((now, machine));
        machine
    }
}

/// What a compile asks for.
pub fn ask_for(engine: &Engine, prepared: &Prepared) -> Ask {
    let place = prepared.places.out_dir.parent().map(|dir| dir.to_string_lossy().into_owned());
    let build = if prepared.session.is_empty() { place.unwrap_or_default() } else { prepared.session.clone() };
    let limits = Limits { jobs: prepared.performance.max_parallel_jobs, memory: prepared.performance.memory_limit_bytes() };
    let bytes = engine.store.peak(&prepared.label).unwrap_or_else(|| prior::bytes(prepared));
    Ask { background: build.starts_with(names::IN_BACKGROUND), build, bytes, limits }
}
