//! What is asked and told around a build: which units to put into its target directory, what was put there, that it has
//! ended.

use super::{ingester::Job, state::Open};
use crate::{
    base::clock,
    events::{Outcome, UnitEvent},
    ipc::protocol::{Reply, Request},
};

/// Answers these, and nothing else.
pub fn answer(open: &Open, request: Request) -> Reply {
    match request {
        Request::Seeds(site) => Reply::Seeds(Box::new(open.engine.seeds_for(&site))),
        Request::Seeded { session, outcome } => {
            if matches!(outcome, Outcome::Seeded { .. }) {
                let event =
                    UnitEvent { at: clock::wall_secs(), session, crate_name: String::new(), unit: String::new(), outcome };
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
        Request::Built { site, cargo } => {
            open.ingester.push(Job { site: *site, cargo });
            Reply::Done
        }
        _ => Reply::Failed("not a question about units".into()),
    }
}
