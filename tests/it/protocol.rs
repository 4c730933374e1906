//! Clients that do not speak as they should: the daemon lives on and serves the others.

use std::{
    io::{Read, Write},
    os::unix::net::UnixStream,
};

use rustc_hyperopt::{
    base::fs::FileSig,
    ipc::{
        frame,
        protocol::{Hello, MAGIC, Reply, Request, VERSION, Welcome},
    },
};

use crate::support::{Sandbox, exe, processes::wait_until};

fn dial(sandbox: &Sandbox) -> UnixStream {
    UnixStream::connect(sandbox.store().join("run/daemon.sock")).expect("a daemon listens")
}

fn hello(version: u16) -> Hello {
    Hello { magic: MAGIC, version, build: FileSig::of(std::path::Path::new(exe())).expect("built") }
}

/// A connection that has been greeted.
fn greeted(sandbox: &Sandbox) -> UnixStream {
    let stream = dial(sandbox);
    frame::write(&stream, &hello(VERSION)).expect("sent");
    assert_eq!(frame::read::<Welcome>(&stream).expect("answered"), Welcome::Ready);
    stream
}

/// The daemon hangs up without a word.
#[track_caller]
fn assert_hung_up(mut stream: UnixStream) {
    let mut rest = Vec::new();
    // A connection reset is an end as well.
    let _ = stream.read_to_end(&mut rest);
    assert_eq!(rest, b"");
}

#[test]
fn nonsense_ends_its_own_connection_only() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "nonsense");
    sandbox.assert_builds(&first, &[]);
    sandbox.ready();
    let daemon = sandbox.daemons()[0].pid;
    // The first two are kept open in the middle of a frame, and must not be in anybody's way.
    let mut half_head = dial(&sandbox);
    half_head.write_all(&[9]).expect("sent");
    let mut half_body = greeted(&sandbox);
    half_body.write_all(&[100, 0, 0, 0, 1, 2, 3]).expect("sent");

    let too_long = u32::try_from(frame::LONGEST + 1).expect("small").to_le_bytes();
    let wrong_magic = frame::encode(&Hello { magic: *b"whatever", ..hello(VERSION) }).expect("short");
    let bad: [&[u8]; 5] =
        [b"GET / HTTP/1.1\r\n\r\n", &[0xff; 4096], &too_long, &[4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], &wrong_magic];
    for bytes in bad {
        let mut stream = dial(&sandbox);
        stream.write_all(bytes).expect("sent");
        assert_hung_up(stream);
    }
    // The same from one who has been greeted.
    for bytes in [&[0xff; 64][..], &too_long, &[1, 0, 0, 0, 0xee]] {
        let mut stream = greeted(&sandbox);
        stream.write_all(bytes).expect("sent");
        assert_hung_up(stream);
    }
    // Reports about nothing that was ever asked are heard and forgotten.
    let stream = greeted(&sandbox);
    for ticket in [0, 1, u64::MAX] {
        frame::write(&stream, &Request::Abandoned { ticket, compile_ms: 1, max_rss_kib: 1 }).expect("sent");
        frame::write(&stream, &Request::Placed { ticket, files: Vec::new(), took_us: 1 }).expect("sent");
        frame::write(&stream, &Request::PlaceFailed { ticket, detail: "x".into(), blob: None }).expect("sent");
    }
    frame::write(&stream, &Request::Health).expect("sent");
    assert!(matches!(frame::read::<Reply>(&stream).expect("answered"), Reply::Health(_)));

    sandbox.assert_hits(&sandbox.copy(&first, "second"));
    assert_eq!(sandbox.daemons()[0].pid, daemon, "the same daemon all along");
    drop((half_head, half_body));
    sandbox.assert_sound();
}

#[test]
fn another_version_makes_the_daemon_end() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "version");
    sandbox.assert_builds(&first, &[]);
    for (n, version) in [0, VERSION + 1].into_iter().enumerate() {
        sandbox.ready();
        let old = sandbox.daemons();
        let stream = dial(&sandbox);
        frame::write(&stream, &hello(version)).expect("sent");
        assert_eq!(frame::read::<Welcome>(&stream).expect("answered"), Welcome::Draining);
        wait_until("the old daemon's end", || !old.iter().any(|d| d.is_running()));
        sandbox.assert_hits(&sandbox.copy(&first, &format!("after{n}")));
    }
}
