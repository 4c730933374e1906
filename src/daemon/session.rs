//! One connection: greeting, then requests until the client hangs up.

use std::{
    collections::HashMap,
    io,
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
    flights::{Leader, Seat},
    publisher::Job,
    state::{Open, State},
};
use crate::{
    base::{clock, env, failpoint},
    engine::{Answer, Engine, Found, Prepared, plan::Query},
    events::{HitKind, Outcome, Reason, UnitEvent},
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
/// How long an equal compile elsewhere is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a ticket stands for.
enum Pending {
    Hit { prepared: Box<Prepared>, found: Box<Found> },
    Miss { prepared: Box<Prepared>, reason: Reason, leader: Option<Leader> },
}

/// A connection.
pub struct Session {
    stream: UnixStream,
    state: Arc<State>,
    pending: HashMap<u64, Pending>,
    next_ticket: u64,
}

impl Session {
    /// Before the greeting.
    pub fn new(stream: UnixStream, state: Arc<State>) -> Self {
        Self { stream, state, pending: HashMap::new(), next_ticket: 1 }
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
            self.state.activity.fetch_add(1, Ordering::Relaxed);
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
            Request::Compiled { ticket, result } => {
                if let Some(Pending::Miss { prepared, reason, leader }) = self.pending.remove(&ticket) {
                    record(&open.engine, &prepared, Outcome::Miss { reason, compile_ms: result.wall_ms });
                    failpoint::reach("daemon-before-publish");
                    open.publisher.push(Job { prepared: *prepared, result: *result, _leader: leader });
                }
                Ok(())
            }
            Request::Abandoned { ticket, compile_ms } => {
                if let Some(Pending::Miss { prepared, reason, .. }) = self.pending.remove(&ticket) {
                    record(&open.engine, &prepared, Outcome::Miss { reason, compile_ms });
                }
                Ok(())
            }
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
            Request::Placed { .. } | Request::PlaceFailed { .. } | Request::Compiled { .. } | Request::Abandoned { .. } => Ok(()),
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

    /// Looks up; of equal lookups at the same time, one is told to compile and the others wait for it.
    async fn lookup(&mut self, open: &Open, query: Query) -> io::Result<Reply> {
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
            Err((why, who)) => return Ok(bypass(open, why, who)),
        };
        let mut leader = None;
        if matches!(answer, Answer::Miss(_)) {
            match self.state.flights.join(prepared.flight) {
                Seat::Leader(seat) => leader = Some(seat),
                Seat::Follower(landed) => {
                    self.wait_for(landed).await?;
                    let engine = open.engine.clone();
                    let who = Who { session: prepared.session.clone(), crate_name: prepared.inv.crate_name.clone() };
                    let again = self.blocking(move || engine.find(&prepared).map(|answer| (prepared, answer)));
                    match again.await? {
                        Ok(found) => (prepared, answer) = found,
                        Err(why) => return Ok(bypass(open, why, who)),
                    }
                }
            }
        }
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        let prepared = Box::new(prepared);
        Ok(match answer {
            Answer::Hit { plan, found } => {
                self.pending.insert(ticket, Pending::Hit { prepared, found });
                Reply::Hit { ticket, plan }
            }
            Answer::Miss(reason) => {
                let extra_args = if prepared.key.relocatable {
                    crate::fingerprint::invocation::remap_args(&prepared.places)
                } else {
                    Vec::new()
                };
                open.engine.note_making(&prepared);
                self.pending.insert(ticket, Pending::Miss { prepared, reason, leader });
                Reply::Miss { ticket, extra_args }
            }
        })
    }

    fn placed(&mut self, open: &Open, ticket: u64, files: &[(std::ffi::OsString, crate::base::fs::FileSig)], took_us: u64) {
        let Some(Pending::Hit { prepared, found }) = self.pending.remove(&ticket) else { return };
        for ((_, sig), output) in files.iter().zip(&found.manifest.outputs) {
            if let crate::artifact::Content::Blob(digest) = output.content {
                open.engine.store.learn(sig, digest);
            }
        }
        let outcome = Outcome::Hit {
            kind: HitKind::Exact,
            saved_ms: found.manifest.cost.wall_ms,
            took_ms: took_us / 1000,
            bytes: found.manifest.size(),
        };
        record(&open.engine, &prepared, outcome);
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

fn record(engine: &Engine, prepared: &Prepared, outcome: Outcome) {
    engine.store.record(UnitEvent {
        at: clock::wall_secs(),
        session: prepared.session.clone(),
        crate_name: prepared.inv.crate_name.clone(),
        unit: prepared.unit.clone(),
        outcome,
    });
}

fn bypass(open: &Open, why: WhyNot, who: Who) -> Reply {
    open.engine.store.record(UnitEvent {
        at: clock::wall_secs(),
        session: who.session,
        unit: who.crate_name.clone(),
        crate_name: who.crate_name,
        outcome: Outcome::Bypass { why: why.clone() },
    });
    Reply::Bypass(why)
}

/// What an event says of an invocation that was not understood.
struct Who {
    session: String,
    crate_name: String,
}

impl Who {
    fn of(query: &Query) -> Self {
        let at = query.args.iter().position(|a| a == b"--crate-name".as_slice());
        let crate_name =
            at.and_then(|i| query.args.get(i + 1)).map(|n| String::from_utf8_lossy(n).into_owned()).unwrap_or_default();
        let session = query.env.get(env::names::SESSION).map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        Self { session, crate_name }
    }
}
