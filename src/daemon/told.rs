//! What a session tells: to the wrapper about a link, to the statistics about everything.

use std::path::Path;

use super::{
    state::Open,
    timings::{Beginning, Noted},
};
use crate::{
    base::{clock, env},
    cargo::layout,
    engine::{
        Engine, Missed, Prepared,
        plan::{Compiled, Linked, Query},
    },
    events::{HitKind, KnownUnit, Outcome, Tools, UnitEvent},
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

pub fn record(open: &Open, prepared: &Prepared, outcome: Outcome) {
    open.lives.ended(prepared, &outcome);
    open.engine.store.record(UnitEvent {
        at: clock::wall_secs(),
        session: prepared.session.clone(),
        crate_name: prepared.inv.crate_name.clone(),
        unit: prepared.unit.clone(),
        outcome,
        tools: prepared.additions.tools.clone(),
    });
}

pub fn bypass(open: &Open, why: WhyNot, who: Who, began: &Beginning) -> Reply {
    open.timings.bypassed(&open.engine.store, &who, began, &why);
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

/// What is said of an invocation that was not understood.
pub struct Who {
    pub session: String,
    pub crate_name: String,
    /// What is known of the unit; nothing if it is not even known where it goes.
    pub unit: Option<Box<Noted>>,
}

impl Who {
    /// Of one that was understood.
    pub fn prepared(prepared: &Prepared) -> Self {
        let (session, crate_name) = (prepared.session.clone(), prepared.inv.crate_name.clone());
        Self { session, crate_name, unit: Noted::of(prepared).map(Box::new) }
    }

    /// Of one that may not be.
    pub fn of(query: &Query) -> Self {
        let value = |name: &[u8]| {
            let at = query.args.iter().position(|a| a == name);
            at.and_then(|i| query.args.get(i + 1)).map(|n| String::from_utf8_lossy(n).into_owned())
        };
        let crate_name = value(b"--crate-name").unwrap_or_default();
        let text = |name: &str| query.env.get(name).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let extra = query.args.iter().find_map(|a| a.strip_prefix(b"extra-filename="));
        let file = format!("{crate_name}{}", String::from_utf8_lossy(extra.unwrap_or_default()));
        let unit = value(b"--out-dir").and_then(|dir| {
            let (target, place) = layout::above(&Path::new(&query.cwd).join(dir), value(b"--target").as_deref())?;
            let unit = KnownUnit {
                id: layout::unit_of_file(Path::new(&file)),
                package: text("CARGO_PKG_NAME"),
                version: text("CARGO_PKG_VERSION"),
                crate_name: crate_name.clone(),
                kind: value(b"--crate-type").unwrap_or_default(),
                place,
                at: clock::wall_secs(),
                ..KnownUnit::default()
            };
            Some(Box::new(Noted { target, root: None, unit }))
        });
        Self { session: text(env::names::SESSION), crate_name, unit }
    }
}
