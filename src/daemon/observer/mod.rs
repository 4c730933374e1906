//! Tells others what happens, as it happens: figures for Prometheus, lines of JSON. Both only if the user's configuration asks.
//!
//! It must never be waited for, and never tell the figures' readers the name of a crate, a path or a build: every process of
//! every user of this machine can read a port. Whatever fails here is counted as a trouble and costs nothing else.

mod log;
mod meter;

use std::{
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use self::log::Log;
use super::state::State;
use crate::{base::clock::Stopwatch, config::Settings};

/// How often sizes are looked at, at most.
const RARELY: Duration = Duration::from_secs(10);

/// Begins to observe an open store. To be called within a runtime.
pub fn start(state: &State, settings: &Settings) {
    let Some(Ok(open)) = state.opened() else { return };
    let engine = open.engine.clone();
    let store = &engine.store;
    let serves = settings.daemon.metrics_port.is_some_and(|port| {
        let served = meter::serve(u16::try_from(port).unwrap_or_default());
        served.inspect_err(|_| store.trouble("metrics-not-served")).is_ok()
    });
    let mut log = settings.daemon.event_log.then(|| Log::new(&state.root));
    if !serves && log.is_none() {
        return;
    }
    let max_bytes = settings.cache.max_size_bytes();
    let (to, events) = channel();
    store.observe(to);
    // Without a thread, nothing is told; the channel is closed by then.
    drop(thread::Builder::new().name("observer".into()).spawn(move || {
        let mut looked: Option<Stopwatch> = None;
        loop {
            if serves && looked.as_ref().is_none_or(|at| at.elapsed() >= RARELY) {
                meter::sizes(&engine.store.sizes(), max_bytes);
                looked = Some(Stopwatch::start());
            }
            let event = match events.recv_timeout(RARELY) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if serves {
                meter::add(&event);
            }
            if let Some(Err(_)) = log.as_mut().map(|log| log.write(&event)) {
                engine.store.trouble("event-not-logged");
            }
        }
    }));
}
