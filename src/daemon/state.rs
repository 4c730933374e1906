//! What all connections share.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::sync::Notify;

use super::{
    admission::Admission, flights::Flights, ingester::Ingester, keeper::Keeper, live::Lives, publisher::Publisher,
    tenure::Tenure, timings::Timings, verifier::Verifier,
};
use crate::{
    base::{clock::Stopwatch, fs::FileSig},
    engine::Engine,
    store::Store,
};

/// How long a store that cannot be opened is left alone.
const RETRY: Duration = Duration::from_secs(2);

/// Cargo starts the next compile sooner than this after the last one has ended.
const PEACE: Duration = Duration::from_secs(2);

/// Shared by all connections.
pub struct State {
    pub root: PathBuf,
    /// The binary this process runs, as it was when it started.
    pub build: Option<FileSig>,
    pub idle: Duration,
    pub started: Stopwatch,
    pub flights: Flights,
    pub admission: Admission,
    pub verifier: Verifier,
    pub keeper: Keeper,
    /// How long nobody must have asked anything before work of our own begins.
    pub peace: Duration,
    pub connections: AtomicU64,
    /// Counts requests, to see whether anything happens.
    pub activity: AtomicU64,
    pub stopping: Notify,
    pub draining: AtomicBool,
    tenure: Tenure,
    opened: OnceLock<Result<Open, String>>,
    /// Tells that `opened` is set.
    pub ready: Notify,
}

/// A store that could be opened.
pub struct Open {
    pub engine: Arc<Engine>,
    pub publisher: Arc<Publisher>,
    pub ingester: Ingester,
    pub timings: Timings,
    pub lives: Lives,
}

impl State {
    /// Before the store is open.
    pub fn new(root: &Path, idle: Duration, verifier: Verifier, tenure: Tenure) -> Self {
        Self {
            root: root.to_owned(),
            build: std::env::current_exe().and_then(|exe| FileSig::of(&exe)).ok(),
            idle,
            started: Stopwatch::start(),
            flights: Flights::default(),
            admission: Admission::default(),
            verifier,
            keeper: Keeper::default(),
            peace: PEACE,
            connections: AtomicU64::new(0),
            activity: AtomicU64::new(0),
            stopping: Notify::new(),
            draining: AtomicBool::new(false),
            tenure,
            opened: OnceLock::new(),
            ready: Notify::new(),
        }
    }

    /// Opens the store; until then lookups wait.
    pub fn open(&self, open: impl FnOnce(&Path) -> Result<Store, String>) {
        let result = open(&self.root).map(|store| {
            let engine = Arc::new(Engine::new(store));
            let publisher = Arc::new(Publisher::start(engine.clone()));
            let stored = publisher.clone();
            let ingester = Ingester::start(engine.clone(), move || stored.wait_until_empty());
            Open { engine, publisher, ingester, timings: Timings::default(), lives: Lives::default() }
        });
        drop(self.opened.set(result));
        self.ready.notify_waiters();
    }

    /// The store, or why there is none; nothing while it is still being opened.
    pub fn opened(&self) -> Option<&Result<Open, String>> {
        self.opened.get()
    }

    /// Somebody has removed the store's directory; another daemon may have started with a new one.
    pub fn is_gone(&self) -> bool {
        !self.tenure.holds() || matches!(self.opened(), Some(Ok(open)) if open.engine.store.is_gone())
    }

    /// The store could not be opened, some time ago: a daemon that starts now may be luckier.
    pub fn is_worth_replacing(&self) -> bool {
        matches!(self.opened(), Some(Err(_))) && self.started.elapsed() > RETRY
    }

    /// Makes room for another daemon; the end itself is still to be asked for.
    pub fn make_way(&self) {
        self.draining.store(true, Ordering::Release);
        // The name first, so that nobody comes here any more.
        if self.tenure.holds() {
            drop(std::fs::remove_file(crate::ipc::address::socket(&self.root)));
        }
    }

    /// Nothing is going on.
    pub fn is_quiet(&self) -> bool {
        self.connections.load(Ordering::Acquire) == 0 && !self.has_queue()
    }

    /// Stores what is queued, and does what waits for peace.
    pub fn settle(&self, prime: bool) {
        if let Some(Ok(open)) = self.opened() {
            open.publisher.wait_until_empty();
            self.keeper.settle(prime);
        }
    }

    /// Results wait to be stored.
    pub fn has_queue(&self) -> bool {
        self.opened().and_then(|o| o.as_ref().ok()).is_some_and(|o| o.publisher.queued() + o.ingester.queued() > 0)
    }

    /// Stores what is still queued and writes everything down.
    pub fn finish(&self) {
        self.keeper.interrupt();
        if let Some(Ok(open)) = self.opened() {
            open.publisher.wait_until_empty();
            open.ingester.finish();
            // The engine is shared with the thread that stores results, and is not dropped.
            drop(open.engine.store.close());
        }
    }
}
