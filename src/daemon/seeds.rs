//! What is asked and told around a build: which units to put into its target directory, what was put there, that it has
//! ended; and the same for builds that are made for the store alone.

use std::path::Path;

use super::{
    ingester::{self, Job, Taken},
    state::Open,
};
use crate::{
    base::clock,
    events::{Outcome, Tools, UnitEvent},
    ipc::protocol::{Reply, Request},
};

/// Answers these, and nothing else.
pub fn answer(open: &Open, request: Request) -> Reply {
    match request {
        Request::Seeds(site) => Reply::Seeds(Box::new(open.engine.seeds_for(&site))),
        Request::Seeded { session, build, target, units, copies, mut outcome } => {
            copies.iter().for_each(|(digest, sig)| open.engine.store.learn(sig, *digest));
            if let Outcome::Seeded { took_ms, saved_ms, .. } = &mut outcome {
                *saved_ms = open.timings.seeded(&open.engine.store, &build, Path::new(&target), &units, *took_ms);
                open.lives.seeded(&session, &outcome);
                let event = UnitEvent {
                    at: clock::wall_secs(),
                    session,
                    crate_name: String::new(),
                    unit: String::new(),
                    outcome,
                    tools: Tools::default(),
                };
                open.engine.store.record(event);
            }
            Reply::Done
        }
        Request::SeedsWithdrawn { units } => {
            // Which of them is wrong nobody knows; those that are right come back with the next build.
            units.iter().for_each(|unit| drop(open.engine.store.remove_action(unit)));
            open.engine.store.trouble("seeds-withdrawn");
            Reply::Done
        }
        Request::Built { site, cargo, members_only } => {
            // Where it cannot be written, the project has to be named when it is to be prepared.
            drop(open.engine.store.note_project(Path::new(&site.root)));
            let taken = ingester::taken_key(&site).is_some_and(|key| open.engine.store.is_taken(&key));
            if members_only || !taken {
                open.ingester.push(Job { site: *site, cargo, members_only });
            }
            Reply::Warm(taken || members_only)
        }
        Request::TakeIn { site, sources } => {
            open.publisher.wait_until_empty();
            if ingester::take_in(&open.engine, &site, false, &|| false) == Taken::Failed {
                return Reply::Failed("units could not be taken into the store".into());
            }
            drop(open.engine.store.maybe_evict());
            match open.engine.note_warmed(&site, sources) {
                Ok(()) => Reply::Done,
                Err(e) => Reply::Failed(e.to_string()),
            }
        }
        Request::IsWarm { site, sources } => Reply::Warm(open.engine.is_warm(&site, sources)),
        Request::Projects => Reply::Projects(open.engine.store.projects()),
        _ => Reply::Failed("not a question about units".into()),
    }
}
