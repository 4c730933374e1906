//! Questions about the store and orders to it, as the CLI asks them.

use std::{collections::BTreeMap, ffi::OsString, path::Path};

use super::{
    seeds,
    state::{Open, State},
    verifier,
};
use crate::{
    base::memory::resident_bytes,
    events::Totals,
    ipc::protocol::{HealthReply, Reply, Request, SizeReply, StatsReply, VerifyReply},
};

/// How many events are sent at most.
const EVENTS: usize = 2000;

/// Answers everything but what wrappers say.
pub fn answer(state: &State, request: Request) -> Reply {
    let Some(Ok(open)) = state.opened() else { return Reply::Failed("the store is not open".into()) };
    match request {
        Request::Stats { session } => Reply::Stats(Box::new(stats(open, session))),
        Request::ResetStats => {
            open.publisher.wait_until_empty();
            open.engine.store.reset_stats();
            Reply::Done
        }
        Request::Why { crate_name } => {
            let wanted = crate_name.replace('-', "_");
            Reply::Why(
                open.engine.store.events(EVENTS, |e| e.crate_name == wanted || e.unit.split(' ').next() == Some(&crate_name)),
            )
        }
        Request::Size => Reply::Size(size(open)),
        Request::Clean { everything, dry_run } => {
            open.publisher.wait_until_empty();
            match open.engine.store.clean(everything, dry_run) {
                Ok((entries, bytes)) => Reply::Cleaned { entries, bytes },
                Err(e) => Reply::Failed(e.to_string()),
            }
        }
        Request::Verify => {
            open.publisher.wait_until_empty();
            match open.engine.store.verify() {
                Ok(v) => Reply::Verified(VerifyReply {
                    checked: v.checked,
                    bytes: v.bytes,
                    damaged: v.damaged,
                    incomplete: v.incomplete,
                }),
                Err(e) => Reply::Failed(e.to_string()),
            }
        }
        Request::Claims { sample } => {
            open.publisher.wait_until_empty();
            match open.engine.store.claims() {
                Ok(claims) => Reply::Claims(verifier::some_of(claims, sample)),
                Err(e) => Reply::Failed(e.to_string()),
            }
        }
        Request::Flush => {
            open.publisher.wait_until_empty();
            open.ingester.wait_until_empty();
            done(open.engine.store.flush())
        }
        Request::Ahead { cpu_ms, cut_short } => {
            open.engine.store.ran_ahead(cpu_ms, cut_short);
            Reply::Done
        }
        Request::Remember(mends) => done(open.engine.store.remember_mends(mends)),
        Request::Recall(kinds) => Reply::Recalled(open.engine.store.mends_like(&kinds)),
        Request::ForgetMends => match open.engine.store.forget_mends() {
            Ok((entries, bytes)) => Reply::Cleaned { entries, bytes },
            Err(e) => Reply::Failed(e.to_string()),
        },
        Request::Health => Reply::Health(health(state, open.engine.store.degraded())),
        Request::Builds { target } => Reply::Builds(Box::new(open.timings.builds(&open.engine.store, Path::new(&target)))),
        Request::LinkTimes { target, times } => done(open.engine.store.note_link_times(Path::new(&target), &times)),
        Request::LastLink { stems } => last_link(open, &stems),
        other => seeds::answer(open, other),
    }
}

fn done<E: std::fmt::Display>(result: Result<(), E>) -> Reply {
    match result {
        Ok(()) => Reply::Done,
        Err(e) => Reply::Failed(e.to_string()),
    }
}

fn last_link(open: &Open, stems: &[OsString]) -> Reply {
    open.publisher.wait_until_empty();
    let mut passed = Vec::new();
    for stem in stems {
        match open.engine.last_link(Path::new(stem)) {
            Ok(link) => return Reply::LastLink { link: Some(Box::new(link)), passed },
            Err(why) => passed.push(why.to_string()),
        }
    }
    Reply::LastLink { link: None, passed }
}

fn stats(open: &Open, session: Option<String>) -> StatsReply {
    let store = &open.engine.store;
    let (totals, events, crates) = match session {
        Some(session) => {
            let events = store.events(EVENTS, |e| e.session == session);
            let mut totals = Totals::default();
            events.iter().for_each(|e| totals.add(e));
            (totals, events, BTreeMap::new())
        }
        None => (store.totals(), store.events(EVENTS, |_| true), store.crate_totals()),
    };
    StatsReply {
        totals,
        events,
        size: size(open),
        since: store.since(),
        states: store.state_totals(),
        units: store.unit_totals(),
        crates,
        predictions: store.predictions(),
        ahead: store.ahead_totals(),
    }
}

fn size(open: &Open) -> SizeReply {
    let sizes = open.engine.store.sizes();
    SizeReply {
        entries: sizes.entries,
        blobs: sizes.blobs,
        blob_bytes: sizes.blob_bytes,
        index_bytes: sizes.index_bytes,
        max_bytes: open.engine.store.limits().max_bytes,
    }
}

/// How the daemon is.
pub fn health(state: &State, degraded: Option<String>) -> HealthReply {
    let queued = state.opened().and_then(|o| o.as_ref().ok()).map_or(0, |o| o.publisher.queued() + o.ingester.queued());
    HealthReply {
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").into(),
        uptime_secs: state.started.elapsed().as_secs(),
        queued,
        in_flight: state.flights.count(),
        store: state.root.display().to_string(),
        degraded,
        memory_bytes: resident_bytes(),
    }
}
