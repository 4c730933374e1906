//! What is said on the wire. A change to any type here raises [`VERSION`].
//!
//! A connection starts with the client's [`Hello`] and the daemon's [`Welcome`]; then requests and replies alternate, and
//! any number of [`Reply::Working`] may precede a reply.

use std::{collections::BTreeMap, ffi::OsString};

use serde::{Deserialize, Serialize};

use crate::{
    base::{digest::Digest, fs::FileSig},
    engine::{
        Relink,
        last_link::LastLink,
        plan::{Compiled, Made, Plan, Query, State},
        truth::{Step, Verdict},
        units::{Layout, Site},
    },
    events::{
        AheadTotals, BuildRecord, CrateTotals, KnownUnit, LinkTimes, Live, Outcome, Predictions, StateTotals, Totals, UnitEvent,
        UnitTotals,
    },
    rustc::WhyNot,
    store::{Claim, KnownMend, KnownProject, MendKind},
};

/// The version of everything in this file; `tests/protocol.lock` notices when it should have been raised.
pub const VERSION: u16 = 14;
/// The first bytes of a connection.
pub const MAGIC: [u8; 8] = *b"hyperopt";

/// First frame, from the client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    pub magic: [u8; 8],
    pub version: u16,
    /// Size, time and inode of the client's binary: another one means an upgrade, and the daemon drains.
    pub build: FileSig,
}

/// First frame, from the daemon.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Welcome {
    /// Go on.
    Ready,
    /// The daemon belongs to another build of the program and is about to end; start your own or go without.
    Draining,
}

/// Questions and reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Is there a result for this invocation?
    Lookup(Box<Query>),
    /// A hit is in place. No reply.
    Placed { ticket: u64, files: Vec<(OsString, FileSig)>, took_us: u64 },
    /// A hit could not be put in place; the compiler runs instead. No reply.
    PlaceFailed { ticket: u64, detail: String, blob: Option<Digest> },
    /// A program could not be linked again; it is compiled instead, under the same ticket. No reply.
    RelinkFailed { ticket: u64 },
    /// A miss was compiled successfully, or linked again. No reply.
    Compiled { ticket: u64, result: Box<Compiled> },
    /// A compile that is held back has written its metadata: is it worth holding it back further?
    Metadata { ticket: u64, path: OsString },
    /// A compile that was held back has ended successfully: can its dependents be spared? [`Request::Compiled`] follows.
    Graft { ticket: u64, outputs: Vec<Made> },
    /// A miss was compiled and failed, or its outputs are not to be kept. No reply.
    Abandoned { ticket: u64, compile_ms: u64, max_rss_kib: u64 },
    /// The compile under this ticket has diagnostics about files that are not what they were when their crates were
    /// compiled: how would it be without a cache? The ticket stays.
    Truth { ticket: u64, files: Vec<OsString> },
    /// Counters: of one session, or since the last reset.
    Stats { session: Option<String> },
    /// Sets the counters to nothing.
    ResetStats,
    /// The last events of the crates of this name, newest first.
    Why { crate_name: String },
    /// Sizes of the store.
    Size,
    /// Removes entries: all of them, or what age and size limits ask for.
    Clean { everything: bool, dry_run: bool },
    /// Reads every blob again and sets damaged ones aside.
    Verify,
    /// The claims on record, the newest first, or so many of them at random.
    Claims { sample: Option<u64> },
    /// Compiles a claim's unit again and compares; a result that is not what was claimed is removed.
    VerifyClaim { action: Digest },
    /// Waits until everything handed over has been stored.
    Flush,
    /// How the daemon is.
    Health,
    /// Finish what is queued and end.
    Stop,
    /// A build is about to begin: which units can be put into its target directory?
    Seeds(Box<Site>),
    /// What was put there ([`Outcome::Seeded`], of which the daemon knows the time saved) before a build, which is the session or the
    /// cargo process: `<package>-<hash>`. Of `copies` it need not read what they are.
    Seeded {
        session: String,
        build: String,
        target: OsString,
        units: Vec<String>,
        copies: Vec<(Digest, FileSig)>,
        outcome: Outcome,
    },
    /// What was put there did not fit, and cargo was made to look anew.
    SeedsWithdrawn { units: Vec<Digest> },
    /// A build has ended, or ends with this process: its units can be taken in, or those of its members alone.
    Built { site: Box<Site>, cargo: Option<u32>, members_only: bool },
    /// The incremental state of this compile could not be put in place; it is compiled without. The ticket stays. No reply.
    StateFailed { ticket: u64, blob: Option<Digest> },
    /// Do now what waits for a quiet moment: keep incremental state, and with `prime`, make what is missing.
    Settle { prime: bool },
    /// A build that was made for the store alone has ended: its units are taken in before the answer comes. `sources` stands
    /// for everything that it has read.
    TakeIn { site: Box<Site>, sources: Digest },
    /// Was this build made for the store, from the same sources, and is all of it there still?
    IsWarm { site: Box<Site>, sources: Digest },
    /// The projects that were built, the newest first.
    Projects,
    /// The builds on record in a target directory.
    Builds { target: OsString },
    /// What was to be tried has failed, and without it, the compile has succeeded. [`Request::Compiled`] follows. No reply.
    TriedInVain { ticket: u64 },
    /// Something was compiled ahead, or broken off, and has taken so much CPU time.
    Ahead { cpu_ms: u64, cut_short: bool },
    /// Errors were mended like this; secrets have been taken out.
    Remember(Vec<KnownMend>),
    /// What is remembered of errors of these kinds.
    Recall(Vec<MendKind>),
    /// Forgets all of that.
    ForgetMends,
    /// How a session is doing; units that have ended, from this place on.
    Progress { session: String, after: u64 },
    /// The last link of the first of these units that can be done again ([`crate::engine::Prepared::stem`]).
    LastLink { stems: Vec<OsString> },
    /// What a link of a program in this target directory takes with each linker.
    LinkTimes { target: OsString, times: Box<LinkTimes> },
}

/// Answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// Still alive, still looking.
    Working,
    /// Put these in place and report under this ticket.
    Hit {
        ticket: u64,
        plan: Box<Plan>,
    },
    /// Compile; report under this ticket. The extra arguments go behind those of cargo.
    Miss {
        ticket: u64,
        extra_args: Vec<OsString>,
        hold: Hold,
        link: Link,
        /// Incremental state to put in place if it is compiled.
        state: Option<Box<State>>,
        /// Arguments to be put behind all others, and to be left out if it cannot be done with them.
        tried: Vec<OsString>,
    },
    /// Answer to [`Request::Metadata`].
    Hold(bool),
    /// Put these in place of what the compiler has made, and report the compile after that.
    Graft(Box<Plan>),
    /// What the compiler has made stays; report the compile.
    Keep,
    /// Run these one after the other; what they write goes when the connection ends.
    Truth(Vec<Step>),
    /// Run the compiler and forget about us.
    Bypass(WhyNot),
    Stats(Box<StatsReply>),
    Why(Vec<UnitEvent>),
    Size(SizeReply),
    Cleaned {
        entries: u64,
        bytes: u64,
    },
    Verified(VerifyReply),
    Claims(Vec<Claim>),
    Verdict(Verdict),
    Health(HealthReply),
    Done,
    /// The request failed; the text says what and why.
    Failed(String),
    /// Answer to [`Request::Seeds`].
    Seeds(Box<Layout>),
    /// Answer to [`Request::IsWarm`], and to [`Request::Built`]: what was built is in the store already.
    Warm(bool),
    Projects(Vec<KnownProject>),
    Builds(Box<BuildsReply>),
    /// Answer to [`Request::Recall`], the newest first.
    Recalled(Vec<KnownMend>),
    /// Answer to [`Request::Progress`].
    Progress(Box<Live>),
    /// Answer to [`Request::LastLink`]: of each unit up to the one that can be linked, why it cannot.
    LastLink {
        link: Option<Box<LastLink>>,
        passed: Vec<String>,
    },
}

/// What is to be done about the last step of a compile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// Nothing.
    Plain,
    /// Let it be recorded.
    Record(Recording),
    /// Do it alone; where that fails, compile and record.
    Again(Box<Relink>, Recording),
}

/// Where a link is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// A directory to be made, of the daemon's file system; reported by [`crate::engine::plan::Linked::Recorded`] or removed.
    pub dir: OsString,
    /// The linker as rustc would have called it.
    pub program: OsString,
}

/// Whether cargo may be told at once that there is metadata; until it is told, no dependent is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    No,
    /// Ask with [`Request::Metadata`] as soon as there is metadata.
    UntilMetadata,
    /// Ask with [`Request::Graft`] when the compiler has ended.
    UntilEnd,
}

/// Answer to [`Request::Stats`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatsReply {
    pub totals: Totals,
    /// The most recent events, newest first (at most 2,000).
    pub events: Vec<UnitEvent>,
    pub size: SizeReply,
    /// Seconds since 1970.
    pub since: u64,
    /// Of all sessions.
    pub states: StateTotals,
    /// Of all sessions.
    pub units: UnitTotals,
    /// Of all sessions, by crate; empty if one was asked for.
    pub crates: BTreeMap<String, CrateTotals>,
    /// Of all sessions.
    pub predictions: Predictions,
    /// Of all sessions.
    pub ahead: AheadTotals,
}

/// Answer to [`Request::Builds`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildsReply {
    /// The newest first.
    pub builds: Vec<BuildRecord>,
    /// What is remembered of the units in them, and of everything behind those.
    pub units: Vec<KnownUnit>,
    /// The target directories that there are builds of, the newest first.
    pub targets: Vec<OsString>,
    /// What a link takes with each linker, if that was measured.
    pub links: Option<LinkTimes>,
}

/// Answer to [`Request::Size`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SizeReply {
    /// Results.
    pub entries: u64,
    pub blobs: u64,
    pub blob_bytes: u64,
    pub index_bytes: u64,
    /// The cap.
    pub max_bytes: u64,
}

/// Answer to [`Request::Verify`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerifyReply {
    pub checked: u64,
    pub bytes: u64,
    /// Blobs that were damaged and have been set aside.
    pub damaged: u64,
    /// Results that name a blob that is not there; they have been removed.
    pub incomplete: u64,
}

/// Answer to [`Request::Health`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthReply {
    pub pid: u32,
    pub version: String,
    pub uptime_secs: u64,
    /// Results handed over and not stored yet.
    pub queued: u64,
    pub in_flight: u64,
    pub store: String,
    /// Something that keeps the store from taking new results, in words.
    pub degraded: Option<String>,
    /// What the process has in memory.
    pub memory_bytes: Option<u64>,
}
