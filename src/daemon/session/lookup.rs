//! One question: is there a result? If there is none, the answer comes when the compiler may begin.
//!
//! It must never leave a client without a word for long, nor answer with what was true only before it had to wait.

use std::time::Duration;

use tokio::{
    io,
    time::{Instant, timeout, timeout_at},
};

use super::{HEARTBEAT, Miss, Pending, Session};
use crate::{
    base::{clock::Stopwatch, env},
    daemon::{
        admission::{self, Place},
        flights::Seat,
        state::Open,
        timings::Beginning,
        told::{Who, bypass, link_task},
    },
    engine::{Answer, Prepared, plan::Query},
    ipc::protocol::{Hold, Reply},
};

/// How long an equal compile elsewhere is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

impl Session {
    /// Looks up; of equal lookups at the same time, one is told to compile and the others wait for it.
    pub(super) async fn lookup(&mut self, open: &Open, query: Query) -> io::Result<Reply> {
        self.state.keeper.interrupt();
        self.began = Beginning::of(&self.stream);
        let landings = self.state.flights.landings();
        let engine = open.engine.clone();
        let first = self.blocking(move || {
            let who = Who::of(&query);
            match engine.prepare(query) {
                Ok(prepared) => engine.find(&prepared).map(|answer| (prepared, answer)).map_err(|why| (why, who)),
                Err(why) => Err((why, who)),
            }
        });
        let (mut prepared, mut answer) = match first.await? {
            Ok(found) => found,
            Err((why, who)) => return Ok(bypass(open, why, who, &self.began)),
        };
        let mut leader = None;
        if matches!(answer, Answer::Miss(_)) {
            let look_again = match self.state.flights.join(prepared.flight) {
                Seat::Leader(seat) => {
                    // Nobody is made to wait for a compile at the lowest priority.
                    leader = Some(seat).filter(|_| !prepared.session.starts_with(env::names::IN_BACKGROUND));
                    // The same compile may have ended between the look and the seat.
                    self.state.flights.landings() != landings
                }
                Seat::Follower(landed) => {
                    self.wait_for(landed).await?;
                    true
                }
            };
            if look_again {
                let engine = open.engine.clone();
                let who = Who::prepared(&prepared);
                let again = self.blocking(move || engine.find(&prepared).map(|answer| (prepared, answer)));
                match again.await? {
                    Ok(found) => (prepared, answer) = found,
                    Err(why) => return Ok(bypass(open, why, who, &self.began)),
                }
            }
        }
        let mut place = None;
        if matches!(answer, Answer::Miss(_)) {
            let (given, waited) = self.place(open, &prepared).await?;
            place = Some(given);
            if waited {
                // Files may have changed meanwhile, and others may have compiled the same.
                let engine = open.engine.clone();
                let who = Who::prepared(&prepared);
                let again = move || {
                    let prepared = engine.prepare(prepared.into_query())?;
                    engine.find(&prepared).map(|answer| (prepared, answer))
                };
                match self.blocking(again).await? {
                    Ok(found) => (prepared, answer) = found,
                    Err(why) => return Ok(bypass(open, why, who, &self.began)),
                }
            }
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        Ok(match answer {
            Answer::Hit { plan, found } => {
                self.pending.insert(ticket, Pending::Hit { prepared: Box::new(prepared), found });
                Reply::Hit { ticket, plan }
            }
            Answer::Miss(missed) => {
                let (extra_args, tried) = (prepared.remap_args(), prepared.additions.args.clone());
                open.engine.note_making(&prepared);
                let hold = match &missed.candidate {
                    None => Hold::No,
                    Some(candidate) if candidate.masked => Hold::UntilMetadata,
                    Some(_) => Hold::UntilEnd,
                };
                let link = link_task(&open.engine, &prepared, &missed);
                let state = if missed.relink.is_none() { open.engine.state_for(&prepared).map(Box::new) } else { None };
                self.pending
                    .insert(ticket, Pending::Miss(Box::new(Miss { prepared, missed: *missed, leader, graft: None, place })));
                Reply::Miss { ticket, extra_args, hold, link, state, tried }
            }
        })
    }

    async fn wait_for(&mut self, mut landed: tokio::sync::watch::Receiver<()>) -> io::Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            match timeout(HEARTBEAT, landed.changed()).await {
                Ok(_) => return Ok(()),
                Err(_) => self.send(&Reply::Working).await?,
            }
        }
        Ok(())
    }

    /// A place for the compiler, and whether it had to be waited for.
    async fn place(&mut self, open: &Open, prepared: &Prepared) -> io::Result<(Place, bool)> {
        let wrapper = self.stream.peer_cred().ok().and_then(|peer| u32::try_from(peer.pid()?).ok());
        let admission = self.state.admission.clone();
        let place = admission.ask(admission::ask_for(&open.engine, prepared), wrapper);
        let watch = Stopwatch::start();
        let (mut waited, mut beat) = (false, Instant::now() + HEARTBEAT);
        loop {
            let changed = admission.changed();
            if place.is_given() {
                break;
            }
            waited = true;
            // The machine may have room by then, though nobody has left; and however often somebody does, the client hears of us.
            drop(timeout_at(beat, changed).await);
            if Instant::now() >= beat {
                self.send(&Reply::Working).await?;
                beat = Instant::now() + HEARTBEAT;
            }
        }
        if waited {
            open.engine.store.count_wait(watch.millis());
        }
        Ok((place, waited))
    }
}
