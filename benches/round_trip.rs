//! What a hit costs: a start of the wrapper for a small crate, and the parts that it consists of.
//!
//! The start without the placement of outputs is `wrapper_hit` less `placement`; `spawn_true` is what any process costs.

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod recorded;

use std::{
    os::unix::net::UnixStream,
    process::{Command, Stdio},
    sync::OnceLock,
};

use divan::Bencher;
use recorded::Recorded;
use rustc_hyperopt::{
    base::fs::FileSig,
    engine::plan::Plan,
    ipc::{
        address, frame,
        protocol::{Hello, MAGIC, Reply, Request, VERSION, Welcome},
    },
    wrapper::place,
};

static RECORDED: OnceLock<Recorded> = OnceLock::new();

fn recorded() -> &'static Recorded {
    RECORDED.get_or_init(|| Recorded::new(3, 2))
}

fn main() {
    divan::main();
    if let Some(recorded) = RECORDED.get() {
        recorded.finish();
    }
}

#[divan::bench]
fn spawn_true() {
    let status = Command::new("true").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("started").success());
}

#[divan::bench]
fn wrapper_hit(bencher: Bencher<'_, '_>) {
    let recorded = recorded();
    bencher.bench_local(|| assert!(recorded.wrapper().status().expect("started").success()));
}

#[divan::bench]
fn question_and_answer(bencher: Bencher<'_, '_>) {
    let request = Request::Lookup(Box::new(recorded().query()));
    bencher.bench_local(|| ask(&request));
}

#[divan::bench]
fn placement(bencher: Bencher<'_, '_>) {
    let plan = ask(&Request::Lookup(Box::new(recorded().query())));
    bencher.bench_local(|| place::all(&plan).map(|placed| placed.files.len()).expect("placed"));
}

/// As the wrapper asks, on a connection of its own. The daemon takes a client of another program for an upgrade, so this
/// one introduces itself as the program.
fn ask(request: &Request) -> Plan {
    let build = FileSig::of(recorded::PROGRAM.as_ref()).expect("built");
    let stream = UnixStream::connect(address::socket(&recorded().store())).expect("the daemon listens");
    frame::write(&stream, &Hello { magic: MAGIC, version: VERSION, build }).expect("sent");
    assert_eq!(frame::read::<Welcome>(&stream).expect("answered"), Welcome::Ready);
    frame::write(&stream, request).expect("sent");
    loop {
        match frame::read::<Reply>(&stream).expect("answered") {
            Reply::Working => {}
            Reply::Hit { plan, .. } => return *plan,
            other => panic!("expected a hit, got {other:?}"),
        }
    }
}
