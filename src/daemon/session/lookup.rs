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
        admission::{self, Ask, Place},
        flights::{Leader, Seat},
        state::Open,
        timings::Beginning,
        told::{Who, bypass, link_task},
    },
    engine::{Answer, Engine, Prepared, plan::Query},
    ipc::protocol::{Hold, Reply},
    rustc::WhyNot,
};

/// How long an equal compile elsewhere is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a look has found.
struct Looked {
    prepared: Prepared,
    answer: Answer,
    /// What the compiler will need, if it must run.
    ask: Option<Ask>,
}

impl Looked {
    /// Reads files and the database: not for the threads that serve everybody.
    fn at(engine: &Engine, prepared: Prepared) -> Result<Self, WhyNot> {
        let answer = engine.find(&prepared).inspect_err(|why| {
            if matches!(why, WhyNot::Secret(_)) {
                engine.note_secret(&prepared, true);
            }
        })?;
        let ask = matches!(answer, Answer::Miss(_)).then(|| admission::ask_for(engine, &prepared));
        Ok(Self { prepared, answer, ask })
    }

    fn misses(&self) -> bool {
        self.ask.is_some()
    }
}

impl Session {
    /// Looks up; of equal lookups at the same time, one is told to compile and the others wait for it.
    pub(super) async fn lookup(&mut self, open: &Open, query: Query) -> io::Result<Reply> {
        self.state.keeper.interrupt();
        let landings = self.state.flights.landings();
        let (engine, wrapper) = (open.engine.clone(), self.wrapper());
        let first = self.blocking(move || {
            let (began, who) = (Beginning::of(wrapper), Who::of(&query));
            let looked = engine.prepare(query).and_then(|prepared| Looked::at(&engine, prepared));
            (began, looked.map_err(|why| (why, who)))
        });
        let looked;
        (self.began, looked) = first.await?;
        let mut looked = match looked {
            Ok(looked) => looked,
            Err((why, who)) => return Ok(bypass(open, why, who, &self.began)),
        };
        let mut leader = None;
        if looked.misses() {
            let look_again = match self.state.flights.join(looked.prepared.flight) {
                Seat::Leader(seat) => {
                    // Nobody is made to wait for a compile at the lowest priority.
                    leader = Some(seat).filter(|_| !looked.prepared.session.starts_with(env::names::IN_BACKGROUND));
                    // The same compile may have ended between the look and the seat.
                    self.state.flights.landings() != landings
                }
                Seat::Follower(landed) => {
                    self.wait_for(landed).await?;
                    true
                }
            };
            if look_again {
                let (engine, who) = (open.engine.clone(), Who::prepared(&looked.prepared));
                looked = match self.blocking(move || Looked::at(&engine, looked.prepared)).await? {
                    Ok(looked) => looked,
                    Err(why) => return Ok(bypass(open, why, who, &self.began)),
                };
            }
        }
        let mut place = None;
        if let Some(ask) = looked.ask.take() {
            let (given, waited) = self.place(open, ask).await?;
            place = Some(given);
            if waited {
                // Files may have changed meanwhile, and others may have compiled the same.
                let (engine, who) = (open.engine.clone(), Who::prepared(&looked.prepared));
                let again = move || Looked::at(&engine, engine.prepare(looked.prepared.into_query())?);
                looked = match self.blocking(again).await? {
                    Ok(looked) => looked,
                    Err(why) => return Ok(bypass(open, why, who, &self.began)),
                };
            }
        }
        self.answer(open, looked, leader, place).await
    }

    async fn answer(&mut self, open: &Open, looked: Looked, leader: Option<Leader>, place: Option<Place>) -> io::Result<Reply> {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let prepared = looked.prepared;
        let missed = match looked.answer {
            Answer::Hit { plan, found } => {
                self.pending.insert(ticket, Pending::Hit { prepared: Box::new(prepared), found });
                return Ok(Reply::Hit { ticket, plan });
            }
            Answer::Miss(missed) => missed,
        };
        let engine = open.engine.clone();
        let last = self.blocking(move || {
            engine.note_making(&prepared);
            let link = link_task(&engine, &prepared, &missed);
            let state = if missed.relink.is_none() { engine.state_for(&prepared).map(Box::new) } else { None };
            (prepared, missed, link, state)
        });
        let (prepared, missed, link, state) = last.await?;
        let (extra_args, tried) = (prepared.remap_args(), prepared.additions.args.clone());
        let hold = match &missed.candidate {
            None => Hold::No,
            Some(candidate) if candidate.masked => Hold::UntilMetadata,
            Some(_) => Hold::UntilEnd,
        };
        let compiling = open.lives.begin(&prepared);
        let miss = Miss { prepared, missed: *missed, leader, graft: None, place, compiling };
        self.pending.insert(ticket, Pending::Miss(Box::new(miss)));
        Ok(Reply::Miss { ticket, extra_args, hold, link, state, tried })
    }

    /// The process at the other end.
    fn wrapper(&self) -> Option<u32> {
        self.stream.peer_cred().ok().and_then(|peer| u32::try_from(peer.pid()?).ok())
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
    async fn place(&mut self, open: &Open, ask: Ask) -> io::Result<(Place, bool)> {
        let admission = self.state.admission.clone();
        let place = admission.ask(ask, self.wrapper());
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
