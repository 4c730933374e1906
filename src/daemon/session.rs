//! One connection: greeting, then requests until the client hangs up.

use std::{
    collections::HashMap,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::UnixStream,
    time::{Instant, sleep_until, timeout},
};

use super::{
    admin,
    admission::Place,
    flights::Leader,
    live::Compiling,
    publisher::Job,
    state::{Open, State},
    timings::Beginning,
    told::{outcome, record},
    verifier,
};
use crate::{
    base::{digest::Digest, env::names, failpoint},
    engine::{
        Found, Graft, Missed, Prepared,
        plan::{Compiled, Linked, Made},
        states::StateUnit,
        truth::{Scratch, Workshop},
    },
    events::{CutOff, HitKind, Outcome, Refusal},
    ipc::{
        frame,
        protocol::{Hello, MAGIC, Reply, Request, VERSION, Welcome},
    },
    rustc::WhyNot,
};

/// How long a client may take to say who it is.
const GREETING: Duration = Duration::from_secs(2);
/// How often a waiting client is told that we are alive.
const HEARTBEAT: Duration = Duration::from_millis(150);

mod lookup;

/// What a ticket stands for.
enum Pending {
    Hit { prepared: Box<Prepared>, found: Box<Found> },
    Miss(Box<Miss>),
}

/// A compile that is running.
struct Miss {
    prepared: Prepared,
    missed: Missed,
    leader: Option<Leader>,
    /// Kept until the wrapper has put it in place.
    graft: Option<Graft>,
    /// Both are kept until the compiler has ended.
    place: Option<Place>,
    compiling: Option<Compiling>,
}

/// A connection.
pub struct Session {
    stream: UnixStream,
    state: Arc<State>,
    pending: HashMap<u64, Pending>,
    next_ticket: u64,
    scratches: Vec<Scratch>,
    workshop: Option<Workshop>,
    /// Of the last lookup.
    began: Beginning,
}

impl Session {
    /// Before the greeting.
    pub fn new(stream: UnixStream, state: Arc<State>) -> Self {
        let began = Beginning::default();
        Self { stream, state, pending: HashMap::new(), next_ticket: 1, scratches: Vec::new(), workshop: None, began }
    }

    /// Until the client hangs up.
    ///
    /// # Errors
    /// A broken connection, or a client that does not speak our language.
    pub async fn run(mut self) -> io::Result<()> {
        let hello: Hello = timeout(GREETING, self.receive()).await.map_err(io::Error::other)??;
        if hello.magic != MAGIC {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "not a client"));
        }
        let same = hello.version == VERSION && self.state.build.is_some_and(|b| b.same_content(&hello.build));
        // The binary was upgraded, or nothing can be done here.
        let state = &self.state;
        if !same || state.draining.load(Ordering::Acquire) || state.is_gone() || state.is_worth_replacing() {
            state.make_way();
            let told = self.send(&Welcome::Draining).await;
            self.state.stopping.notify_one();
            return told;
        }
        self.send(&Welcome::Ready).await?;
        loop {
            let request: Request = self.receive().await?;
            // Whoever only watches is no reason to put anything off.
            if !matches!(request, Request::Progress { .. }) {
                self.state.activity.fetch_add(1, Ordering::Relaxed);
            }
            self.handle(request).await?;
        }
    }

    async fn handle(&mut self, request: Request) -> io::Result<()> {
        self.wait_for_store().await?;
        let state = self.state.clone();
        let open = match state.opened() {
            Some(Ok(open)) => open,
            Some(Err(why)) => return self.without_store(request, why).await,
            None => return Ok(()),
        };
        match request {
            Request::Lookup(query) => {
                let reply = self.lookup(open, *query).await?;
                failpoint::reach("daemon-before-reply");
                let sent = self.send(&reply).await;
                failpoint::reach("daemon-after-reply");
                sent
            }
            Request::Placed { ticket, files, took_us } => {
                self.placed(open, ticket, &files, took_us);
                Ok(())
            }
            Request::PlaceFailed { ticket, blob, .. } => {
                if let (Some(Pending::Hit { found, .. }), Some(blob)) = (self.pending.remove(&ticket), blob) {
                    open.engine.store.quarantine_blob(&blob);
                    drop(open.engine.store.remove_action(&found.action));
                }
                open.engine.store.trouble("place-failed");
                Ok(())
            }
            Request::Metadata { ticket, path } => {
                let hold = self.is_worth_holding(open, ticket, path).await?;
                self.send(&Reply::Hold(hold)).await
            }
            Request::Graft { ticket, outputs } => {
                let reply = self.graft(open, ticket, outputs).await?;
                failpoint::reach("daemon-before-graft-reply");
                self.send(&reply).await
            }
            Request::RelinkFailed { ticket } => {
                self.relink_failed(open, ticket);
                Ok(())
            }
            Request::TriedInVain { ticket } => self.tried_in_vain(open, ticket).await,
            Request::Compiled { ticket, result } => {
                self.compiled(open, ticket, *result);
                Ok(())
            }
            Request::Abandoned { ticket, compile_ms, max_rss_kib } => {
                self.abandoned(open, ticket, compile_ms, max_rss_kib);
                Ok(())
            }
            Request::Truth { ticket, files } => {
                let reply = self.truth(open, ticket, files).await?;
                self.send(&reply).await
            }
            Request::VerifyClaim { action } => {
                let reply = self.verify(open, action).await?;
                self.send(&reply).await
            }
            Request::StateFailed { ticket, blob } => {
                if let Some(Pending::Miss(miss)) = self.pending.get(&ticket) {
                    open.engine.state_failed(&miss.prepared, blob.as_ref());
                }
                Ok(())
            }
            Request::Settle { prime } => {
                let state = self.state.clone();
                self.blocking(move || state.settle(prime)).await?;
                self.send(&Reply::Done).await
            }
            Request::Progress { session, after } => self.send(&Reply::Progress(Box::new(open.lives.of(&session, after)))).await,
            Request::Stop => self.stop().await,
            other => {
                let asked = self.state.clone();
                let reply = self.blocking(move || admin::answer(&asked, other)).await?;
                self.send(&reply).await
            }
        }
    }

    async fn without_store(&mut self, request: Request, why: &str) -> io::Result<()> {
        match request {
            Request::Lookup(_) => self.send(&Reply::Bypass(WhyNot::Disabled)).await,
            Request::Metadata { .. } => self.send(&Reply::Hold(false)).await,
            Request::Graft { .. } => self.send(&Reply::Keep).await,
            Request::Placed { .. }
            | Request::PlaceFailed { .. }
            | Request::RelinkFailed { .. }
            | Request::StateFailed { .. }
            | Request::Compiled { .. }
            | Request::Abandoned { .. }
            | Request::TriedInVain { .. } => Ok(()),
            Request::Health => self.send(&Reply::Health(admin::health(&self.state, Some(why.to_owned())))).await,
            Request::Stop => self.stop().await,
            _ => self.send(&Reply::Failed(format!("the store cannot be opened: {why}"))).await,
        }
    }

    /// Answers first: once the end has begun, nothing more is sent.
    async fn stop(&mut self) -> io::Result<()> {
        let told = self.send(&Reply::Done).await;
        self.state.stopping.notify_one();
        told
    }

    async fn truth(&mut self, open: &Open, ticket: u64, files: Vec<OsString>) -> io::Result<Reply> {
        let Some(Pending::Miss(miss)) = self.pending.remove(&ticket) else {
            return Ok(Reply::Failed("no such compile".into()));
        };
        let (engine, scratch) = (open.engine.clone(), Scratch::new(&open.engine));
        let dir = scratch.path().to_owned();
        self.scratches.push(scratch);
        let work = move || {
            let files: Vec<PathBuf> = files.into_iter().map(PathBuf::from).collect();
            let steps = engine.steps_for(&miss.prepared, &files, &dir);
            (miss, steps)
        };
        let (miss, steps) = self.blocking(work).await?;
        self.pending.insert(ticket, Pending::Miss(miss));
        Ok(match steps {
            Ok(steps) => Reply::Truth(steps),
            Err(why) => Reply::Failed(why.to_string()),
        })
    }

    /// Of several claims verified over one connection, crates behind them are compiled once.
    async fn verify(&mut self, open: &Open, action: Digest) -> io::Result<Reply> {
        let Some(claim) = open.engine.store.claim_of(&action) else { return Ok(Reply::Failed("no such claim".into())) };
        let engine = open.engine.clone();
        let workshop = self.workshop.take();
        let work = move || {
            let mut workshop = workshop.unwrap_or_else(|| Workshop::new(&engine));
            (verifier::verify(&engine, &claim, &mut workshop), workshop)
        };
        let (verdict, workshop) = self.blocking(work).await?;
        self.workshop = Some(workshop);
        Ok(Reply::Verdict(verdict))
    }

    fn placed(&mut self, open: &Open, ticket: u64, files: &[(OsString, crate::base::fs::FileSig)], took_us: u64) {
        let Some(Pending::Hit { prepared, found }) = self.pending.remove(&ticket) else { return };
        for ((_, sig), output) in files.iter().zip(&found.manifest.outputs) {
            if let crate::artifact::Content::Blob(digest) = output.content {
                open.engine.store.learn(sig, digest);
            }
        }
        open.engine.note_grafted(&prepared, false);
        if !prepared.session.starts_with(names::IN_BACKGROUND) {
            open.engine.store.asked_for(&found.action);
        }
        if let Some(unit) = StateUnit::of(&prepared, found.manifest.cost.wall_ms) {
            self.state.keeper.restored(unit);
        }
        let outcome = Outcome::Hit {
            kind: found.kind,
            saved_ms: found.manifest.cost.wall_ms,
            took_ms: took_us / 1000,
            bytes: found.manifest.size(),
        };
        open.timings.restored(&open.engine.store, &prepared, &self.began, &found);
        record(open, &prepared, outcome);
        if found.kind != HitKind::Exact {
            self.state.verifier.offer(open.engine.claim(&prepared, &found));
        }
    }

    fn compiled(&mut self, open: &Open, ticket: u64, result: Compiled) {
        let Some(Pending::Miss(miss)) = self.pending.remove(&ticket) else { return };
        let Miss { mut prepared, missed, leader, graft, place, compiling } = *miss;
        drop((place, compiling));
        prepared.drifted = graft.as_ref().is_some_and(|g| g.drifts);
        open.engine.note_grafted(&prepared, graft.is_some());
        open.engine.note_secret(&prepared, result.secret.is_some());
        if let Some(unit) = StateUnit::of(&prepared, result.wall_ms)
            && !matches!(result.linked, Linked::Again { .. })
            && self.state.keeper.compiled(unit)
        {
            open.engine.store.count_predictions(|p| p.states_used += 1);
        }
        if !matches!(result.linked, Linked::Again { .. }) {
            // What is not known is guessed next time.
            drop(open.engine.store.learn_peak(&prepared.label, result.max_rss_kib));
        }
        let outcome = outcome(missed, &result);
        open.timings.compiled(&open.engine.store, &prepared, &self.began, &result, &outcome);
        record(open, &prepared, outcome);
        failpoint::reach("daemon-before-publish");
        open.publisher.push(Job { prepared, result, _leader: leader });
    }

    fn abandoned(&mut self, open: &Open, ticket: u64, compile_ms: u64, max_rss_kib: u64) {
        let Some(Pending::Miss(miss)) = self.pending.remove(&ticket) else { return };
        open.engine.note_grafted(&miss.prepared, false);
        let Miss { prepared, mut missed, .. } = *miss;
        open.timings.failed(&open.engine.store, &prepared, &self.began, compile_ms);
        // Whoever was killed for its memory had used at least so much; an error in the sources ends a compile early.
        if open.engine.store.peak(&prepared.label).is_none_or(|known| known < max_rss_kib.saturating_mul(1024)) {
            drop(open.engine.store.learn_peak(&prepared.label, max_rss_kib));
        }
        missed.candidate = None; // A compile that failed says nothing about its dependents.
        record(open, &prepared, missed.into_outcome(compile_ms));
    }

    fn relink_failed(&mut self, open: &Open, ticket: u64) {
        if let Some(Pending::Miss(miss)) = self.pending.get_mut(&ticket)
            && let Some(relink) = miss.missed.relink.take()
        {
            // The compile that follows is recorded instead.
            drop(open.engine.store.remove_action(&relink.key));
            open.engine.store.trouble("relink-failed");
        }
    }

    /// The result is to be kept as what it is: one that was made without what was tried.
    async fn tried_in_vain(&mut self, open: &Open, ticket: u64) -> io::Result<()> {
        let Some(Pending::Miss(miss)) = self.pending.remove(&ticket) else { return Ok(()) };
        let engine = open.engine.clone();
        let again = move || {
            let Miss { prepared, missed, leader, graft, place, compiling } = *miss;
            let again = |prepared| Box::new(Miss { prepared, missed, leader, graft, place, compiling });
            engine.without_additions(prepared).map(again)
        };
        // Nobody waits for an answer, so nobody is to be told that there will be one.
        if let Ok(miss) = tokio::task::spawn_blocking(again).await.map_err(io::Error::other)? {
            self.pending.insert(ticket, Pending::Miss(miss));
        }
        Ok(())
    }

    async fn is_worth_holding(&mut self, open: &Open, ticket: u64, path: OsString) -> io::Result<bool> {
        let Some(Pending::Miss(miss)) = self.pending.remove(&ticket) else { return Ok(false) };
        let engine = open.engine.clone();
        let judged = self.blocking(move || {
            let mut miss = miss;
            let same = miss.missed.candidate.as_ref().is_some_and(|c| engine.same_metadata(c, Path::new(&path)));
            if !same {
                miss.missed.refuse(Refusal::Optimised);
            }
            (miss, same)
        });
        let (miss, same) = judged.await?;
        self.pending.insert(ticket, Pending::Miss(miss));
        Ok(same)
    }

    async fn graft(&mut self, open: &Open, ticket: u64, outputs: Vec<Made>) -> io::Result<Reply> {
        let Some(Pending::Miss(miss)) = self.pending.remove(&ticket) else { return Ok(Reply::Keep) };
        let engine = open.engine.clone();
        let tried = self.blocking(move || {
            let mut miss = miss;
            let Some(candidate) = miss.missed.candidate.take() else { return (miss, Reply::Keep) };
            match engine.graft(&miss.prepared, &candidate, &outputs) {
                Ok(graft) => {
                    let plan = graft.plan.clone();
                    miss.missed.cut_off = CutOff::Grafted;
                    miss.graft = Some(graft);
                    (miss, Reply::Graft(Box::new(plan)))
                }
                Err(why) => {
                    miss.missed.refuse(why);
                    (miss, Reply::Keep)
                }
            }
        });
        let (miss, reply) = tried.await?;
        self.pending.insert(ticket, Pending::Miss(miss));
        Ok(reply)
    }

    async fn wait_for_store(&mut self) -> io::Result<()> {
        while self.state.opened().is_none() {
            let state = self.state.clone();
            let ready = state.ready.notified();
            if state.opened().is_some() {
                return Ok(());
            }
            if timeout(HEARTBEAT, ready).await.is_err() {
                self.send(&Reply::Working).await?;
            }
        }
        Ok(())
    }

    /// Runs `work` on a thread of its own and keeps the client informed. A panic is an error of this connection alone.
    async fn blocking<T: Send + 'static>(&mut self, work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
        let mut task = tokio::task::spawn_blocking(work);
        loop {
            let beat = sleep_until(Instant::now() + HEARTBEAT);
            tokio::select! {
                done = &mut task => return done.map_err(io::Error::other),
                () = beat => self.send(&Reply::Working).await?,
            }
        }
    }

    async fn send<T: Serialize>(&mut self, message: &T) -> io::Result<()> {
        self.stream.write_all(&frame::encode(message)?).await
    }

    async fn receive<T: DeserializeOwned>(&mut self) -> io::Result<T> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head).await?;
        let mut body = vec![0; frame::length(head)?];
        self.stream.read_exact(&mut body).await?;
        frame::decode(&body)
    }
}

impl Drop for Session {
    /// Whole directory trees may go, which other connections must not wait for.
    fn drop(&mut self) {
        let (scratches, workshop) = (std::mem::take(&mut self.scratches), self.workshop.take());
        if !scratches.is_empty() || workshop.is_some() {
            drop(tokio::task::spawn_blocking(move || drop((scratches, workshop))));
        }
    }
}
