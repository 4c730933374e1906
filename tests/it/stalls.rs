//! A daemon that hangs, ends, or was never alone.

use std::{fs, os::unix::net::UnixStream, path::Path, process::Command};

use nix::sys::{
    signal::Signal,
    socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket},
};

use crate::support::{
    Run, Sandbox, exe,
    gate::Gate,
    processes::{Process, Running, compiler_of, wait_until},
    small::BUILD,
};

/// Six crates, each of which needs the one before.
fn chain(sandbox: &Sandbox, name: &str) -> std::path::PathBuf {
    let mut files = vec![("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"c*\"]\nresolver = \"2\"\n".to_owned())];
    for n in 0..6 {
        let (needs, body) = match n {
            0 => (String::new(), "1".to_owned()),
            _ => (format!("c{0} = {{ path = \"../c{0}\" }}\n", n - 1), format!("c{}::sum() + 1", n - 1)),
        };
        let manifest = format!("[package]\nname = \"c{n}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n{needs}");
        files.push((format!("c{n}/Cargo.toml"), manifest));
        files.push((format!("c{n}/src/lib.rs"), format!("pub fn sum() -> u32 {{ {body} }}\n")));
    }
    sandbox.project(name, files.iter().map(|(f, t)| (f.as_str(), t.as_str())))
}

/// The only daemon of this sandbox.
#[track_caller]
fn the_daemon(sandbox: &Sandbox) -> Process {
    let daemons = sandbox.daemons();
    assert_eq!(daemons.len(), 1, "{daemons:?}");
    daemons[0].clone()
}

#[test]
fn a_stopped_daemon_is_waited_for_once() {
    let sandbox = Sandbox::new();
    let first = chain(&sandbox, "first");
    let (second, third) = (sandbox.copy(&first, "second"), sandbox.copy(&first, "third"));
    sandbox.ready();
    sandbox.ours(&first, &BUILD).success();
    sandbox.take_stats();
    let daemon = the_daemon(&sandbox);
    daemon.signal(Signal::SIGSTOP);
    let run = sandbox.start(&second, &BUILD).finish().success();
    assert_eq!(run.stderr().matches("Hyperopt").count(), 1, "one line says so: {}", run.stderr());
    let breaker = sandbox.store().join("run/breaker");
    let text = fs::read_to_string(&breaker).expect("the breaker is open");
    let waited: u32 = text.split(' ').nth(1).and_then(|n| n.parse().ok()).expect("a count");
    // The command line and the first compile ask at the same time; the five that follow do not wait.
    assert!(waited <= 2, "{text}");
    daemon.signal(Signal::SIGCONT);
    sandbox.ready();
    sandbox.ours(&third, &BUILD).success();
    sandbox.take_stats().assert_all_hits(6);
    assert_eq!(the_daemon(&sandbox).pid, daemon.pid, "it goes on where it was");
}

#[test]
fn a_stopped_daemon_with_a_full_queue_hangs_nobody() {
    let sandbox = Sandbox::new();
    sandbox.ready();
    let daemon = the_daemon(&sandbox);
    daemon.signal(Signal::SIGSTOP);
    let address = UnixAddr::new(&sandbox.store().join("run/daemon.sock")).expect("short");
    // What was connected waits in the queue even after it was closed.
    let knock = || {
        let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
        let stream = socket(AddressFamily::Unix, SockType::Stream, flags, None).expect("a socket");
        connect(std::os::fd::AsRawFd::as_raw_fd(&stream), &address)
    };
    assert!((0..1_000_000).any(|_| knock() == Err(nix::errno::Errno::EAGAIN)), "a full queue");
    let dir = sandbox.small("first", "queue");
    sandbox.start(&dir, &BUILD).finish().success();
    sandbox.assert_like_plain(&dir);
    daemon.signal(Signal::SIGCONT);
    sandbox.assert_heals(&dir);
}

#[test]
fn of_many_daemons_started_at_once_one_stays() {
    let sandbox = Sandbox::new();
    let mut all: Vec<_> = (0..32)
        .map(|_| {
            let mut command = sandbox.command(exe(), Path::new("/"));
            command.arg("__daemon").arg(sandbox.store()).spawn().expect("started")
        })
        .collect();
    let mut codes = Vec::new();
    wait_until("all but one to end", || {
        all.retain_mut(|child| match child.try_wait().expect("waited") {
            Some(status) => {
                codes.push(status.code());
                false
            }
            None => true,
        });
        all.len() <= 1
    });
    assert_eq!((all.len(), codes), (1, vec![Some(0); 31]));
    assert_eq!(u32::try_from(the_daemon(&sandbox).pid).ok(), Some(all[0].id()));
    let dir = sandbox.small("first", "many");
    sandbox.assert_builds(&dir, &[]);
    sandbox.assert_heals(&dir);
    assert_eq!(u32::try_from(the_daemon(&sandbox).pid).ok(), Some(all[0].id()));
    sandbox.kill_daemons();
    drop(all[0].wait());
}

#[test]
fn an_idle_daemon_ends_and_the_next_build_starts_another() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("first", "idle");
    let short = [("RUSTC_HYPEROPT_DAEMON_IDLE_SECS", "1")];
    sandbox.assert_builds(&dir, &short);
    wait_until("the daemon's end", || sandbox.daemons().is_empty());
    assert!(!sandbox.store().join("run/daemon.sock").exists());
    sandbox.assert_hits(&sandbox.copy(&dir, "second"));
}

#[test]
fn a_silent_client_does_not_keep_the_daemon() {
    let sandbox = Sandbox::new();
    sandbox.ours_with(&sandbox.path("home"), &["cache", "--size"], &[("RUSTC_HYPEROPT_DAEMON_IDLE_SECS", "1")]).success();
    let silent = UnixStream::connect(sandbox.store().join("run/daemon.sock")).expect("connected");
    wait_until("the daemon's end", || sandbox.daemons().is_empty());
    drop(silent);
}

#[test]
fn another_build_of_the_program_takes_over() {
    let sandbox = Sandbox::new();
    let other = sandbox.path("other-build");
    fs::copy(exe(), &other).expect("copied");
    let first = sandbox.small("first", "upgrade");
    sandbox.ready();
    let old = the_daemon(&sandbox);
    let gate = Gate::closed(&sandbox);
    let build = Running::start(sandbox.command(exe(), &first).args(BUILD).env("RUSTC", &gate.rustc));
    wait_until("the compiler", || compiler_of("low", &first).is_some());
    // The old daemon may take a while to hand over.
    wait_until("the other build's daemon", || {
        drop(fs::remove_file(sandbox.store().join("run/breaker")));
        Run::of(sandbox.command(&other, &first).args(["cache", "--size"])).0.status.success()
    });
    gate.open();
    build.finish().success();
    sandbox.assert_like_plain(&first);
    wait_until("the old daemon's end", || !old.is_running());
    sandbox.assert_heals(&first);
    assert_eq!(sandbox.daemons().len(), 1);
}

#[test]
fn switched_off_means_not_there() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("first", "off");
    let run = sandbox.assert_builds(&dir, &[("RUSTC_HYPEROPT", "off")]);
    assert!(!run.stderr().contains("Hyperopt") && !sandbox.store().exists() && sandbox.daemons().is_empty());
}

#[test]
fn the_jobserver_of_make_is_left_alone() {
    let sandbox = Sandbox::new();
    let first = sandbox.small("first", "make");
    let second = sandbox.copy(&first, "second");
    for (dir, jobs) in [(&first, "1"), (&second, "8")] {
        let makefile = format!("all:\n\t+{} build --workspace -j{jobs}\n", exe());
        fs::write(dir.join("Makefile"), makefile).expect("written");
        let mut make: Command = sandbox.command("make", dir);
        Running::start(make.arg("-j2")).finish().success();
        sandbox.assert_like_plain(dir);
    }
    let third = sandbox.copy(&first, "third");
    sandbox.assert_hits(&third);
}
