//! What a session tells: to the wrapper about a link, to the statistics about everything.

use super::state::Open;
use crate::{
    base::{clock, env},
    engine::{
        Engine, Missed, Prepared,
        plan::{Compiled, Linked, Query},
    },
    events::{HitKind, Outcome, Tools, UnitEvent},
    ipc::protocol::{Link, Recording, Reply},
    rustc::WhyNot,
};

/// What is to be done about the last step of a compile.
pub fn link_task(engine: &Engine, prepared: &Prepared, missed: &Missed) -> Link {
    if !prepared.can_link_again() {
        return Link::Plain;
    }
    let dir = engine.store.temp_path("link").into_os_string();
    let recording = Recording { dir, program: prepared.linker().to_owned() };
    match &missed.relink {
        Some(relink) => Link::Again(relink.clone(), recording),
        None => Link::Record(recording),
    }
}

/// What there is to tell of a compile that was successful.
pub fn outcome(missed: Missed, result: &Compiled) -> Outcome {
    match result.linked {
        Linked::Again { took_ms } => {
            let bytes = result.outputs.iter().map(|o| o.sig.size).sum();
            Outcome::Hit { kind: HitKind::Relinked, saved_ms: result.wall_ms, took_ms, bytes }
        }
        Linked::Plainly | Linked::Recorded(_) => missed.into_outcome(result.wall_ms),
    }
}

pub fn record(engine: &Engine, prepared: &Prepared, outcome: Outcome) {
    engine.store.record(UnitEvent {
        at: clock::wall_secs(),
        session: prepared.session.clone(),
        crate_name: prepared.inv.crate_name.clone(),
        unit: prepared.unit.clone(),
        outcome,
        tools: prepared.additions.tools.clone(),
    });
}

pub fn bypass(open: &Open, why: WhyNot, who: Who) -> Reply {
    open.engine.store.record(UnitEvent {
        at: clock::wall_secs(),
        session: who.session,
        unit: who.crate_name.clone(),
        crate_name: who.crate_name,
        outcome: Outcome::Bypass { why: why.clone() },
        tools: Tools::default(),
    });
    Reply::Bypass(why)
}

/// What an event says of an invocation that was not understood.
pub struct Who {
    pub session: String,
    pub crate_name: String,
}

impl Who {
    pub fn of(query: &Query) -> Self {
        let at = query.args.iter().position(|a| a == b"--crate-name".as_slice());
        let crate_name =
            at.and_then(|i| query.args.get(i + 1)).map(|n| String::from_utf8_lossy(n).into_owned()).unwrap_or_default();
        let session = query.env.get(env::names::SESSION).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        Self { session, crate_name }
    }
}
