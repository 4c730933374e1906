//! Stores that cannot be written to: read-only, full, limited, or not a directory at all.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use crate::support::{
    Run, Sandbox,
    processes::wait_until,
    room::Room,
    small::{BUILD, UNITS},
};

/// One line of ours, with `words` in it, and the build as plain cargo's.
#[track_caller]
fn assert_goes_without(sandbox: &Sandbox, run: Run, dir: &Path, words: &str) {
    let run = run.success();
    let said: Vec<String> = run.stderr().lines().filter(|l| l.contains("Hyperopt")).map(str::to_owned).collect();
    assert!(said.len() == 1 && said[0].contains(words), "{}", run.stderr());
    let ours = |l: &&str| !["Compiling", "Finished", "Hyperopt"].iter().any(|w| l.contains(w));
    let plain = sandbox.copy(dir, "reference");
    let reference = sandbox.cargo(&plain, &BUILD).success().stderr();
    let left: Vec<String> = run.stderr().lines().filter(ours).map(str::to_owned).collect();
    let right: Vec<String> = reference.lines().filter(ours).map(str::to_owned).collect();
    assert_eq!(left, right, "nothing else is said");
    sandbox.assert_like_plain(dir);
    fs::remove_dir_all(plain).expect("removed");
}

#[test]
fn read_only() {
    let sandbox = Sandbox::new();
    let store = sandbox.store();
    let room = match Room::with_disk(&store, "256m") {
        Ok(room) => room,
        Err(why) => return left_out(&why),
    };
    let first = sandbox.small("first", "readonly");
    let (second, third) = (sandbox.copy(&first, "second"), sandbox.copy(&first, "third"));
    room.remount(&sandbox, &store, "ro");
    // Before there is anything in it.
    assert_goes_without(&sandbox, room.ours(&sandbox, &first, &BUILD), &first, "Read-only file system");
    assert_eq!(room.listing(&sandbox, &store).lines().count(), 1, "empty");
    room.remount(&sandbox, &store, "rw");
    let fourth = sandbox.copy(&first, "fourth");
    room.ours(&sandbox, &fourth, &BUILD).success();
    room.ours(&sandbox, &fourth, &["cache", "stop"]).success();
    wait_until("the daemon's end", || sandbox.daemons().is_empty());
    // And with everything in it.
    let before = room.listing(&sandbox, &store);
    room.remount(&sandbox, &store, "ro");
    assert_goes_without(&sandbox, room.ours(&sandbox, &second, &BUILD), &second, "Read-only file system");
    assert_eq!(room.listing(&sandbox, &store), before, "no file has changed");
    room.remount(&sandbox, &store, "rw");
    room.ours(&sandbox, &third, &["stats", "--reset"]).success();
    room.ours(&sandbox, &third, &BUILD).success();
    crate::support::Stats(room.ours(&sandbox, &third, &["stats", "--json"]).json()).assert_all_hits(UNITS);
}

#[test]
fn not_a_directory() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("first", "file");
    fs::write(sandbox.store(), "mine").expect("written");
    assert_goes_without(&sandbox, sandbox.ours(&dir, &BUILD), &dir, "not a directory");
    assert_eq!(fs::read_to_string(sandbox.store()).expect("still a file"), "mine");
    fs::remove_file(sandbox.store()).expect("removed");

    let second = sandbox.copy(&dir, "second");
    fs::create_dir(sandbox.store()).expect("created");
    fs::set_permissions(sandbox.store(), fs::Permissions::from_mode(0o700)).expect("set");
    fs::write(sandbox.store().join("run"), "mine").expect("written");
    assert_goes_without(&sandbox, sandbox.ours(&second, &BUILD), &second, "not a directory");
    fs::remove_file(sandbox.store().join("run")).expect("removed");
    sandbox.assert_heals(&second);
}

#[test]
fn a_place_where_nothing_can_be_made() {
    let sandbox = Sandbox::with_store("/proc/no/store");
    let dir = sandbox.small("first", "proc");
    assert_goes_without(&sandbox, sandbox.ours(&dir, &BUILD), &dir, "/proc/no");
}

#[test]
fn a_place_that_others_may_write_to() {
    let sandbox = Sandbox::new();
    let dir = sandbox.small("first", "open");
    let run_dir = sandbox.store().join("run");
    fs::create_dir_all(&run_dir).expect("created");
    fs::set_permissions(&run_dir, fs::Permissions::from_mode(0o777)).expect("set");
    assert_goes_without(&sandbox, sandbox.ours(&dir, &BUILD), &dir, "other users may write to it");
    assert!(sandbox.daemons().is_empty());
    fs::set_permissions(&run_dir, fs::Permissions::from_mode(0o700)).expect("set");
    sandbox.assert_heals(&dir);
}

#[test]
fn something_else_where_the_socket_should_be() {
    type Plant = (&'static str, fn(&Path));
    let plant: [Plant; 5] = [
        ("a dead socket", |at| drop(std::os::unix::net::UnixListener::bind(at).expect("bound"))),
        ("a file", |at| fs::write(at, "x").expect("written")),
        ("an empty directory", |at| fs::create_dir(at).expect("created")),
        ("a link to nowhere", |at| symlink("/no/such/socket", at).expect("linked")),
        ("a link to a file", |at| symlink("/etc/passwd", at).expect("linked")),
    ];
    let sandbox = Sandbox::new();
    for (n, (what, plant)) in plant.into_iter().enumerate() {
        sandbox.stop_daemon();
        let socket = sandbox.store().join("run/daemon.sock");
        for dir in [sandbox.store(), sandbox.store().join("run")] {
            fs::create_dir_all(&dir).expect("created");
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o700)).expect("set");
        }
        plant(&socket);
        let dir = sandbox.small(&format!("p{n}"), "planted");
        sandbox.assert_builds(&dir, &[]);
        assert_eq!(sandbox.daemons().len(), 1, "{what} does not keep the daemon from starting");
        sandbox.assert_hits(&sandbox.copy(&dir, &format!("again{n}")));
    }
    // A directory with something in it is not ours to remove.
    sandbox.stop_daemon();
    let keep = sandbox.store().join("run/daemon.sock/keep");
    crate::support::write(&keep, "mine");
    let dir = sandbox.small("last", "last");
    assert_goes_without(&sandbox, sandbox.ours(&dir, &BUILD), &dir, "daemon.sock");
    assert_eq!(fs::read_to_string(&keep).expect("kept"), "mine");
}

#[test]
fn names_of_every_kind() {
    let deep = ["deep"; 40].join("/");
    for name in ["with space", "mit ümläut/キャッシュ", deep.as_str()] {
        let sandbox = Sandbox::with_store(name);
        let dir = sandbox.small("first", "names");
        sandbox.assert_builds(&dir, &[]);
        assert_eq!(sandbox.daemons().len(), 1, "{name}");
        sandbox.assert_heals(&dir);
    }
}

#[expect(clippy::print_stderr, reason = "the one way to say that a test was left out")]
fn left_out(why: &str) {
    eprintln!("SKIPPED: nothing can be mounted here: {why}");
}

/// A disk of this size is full at one moment or another: builds go on, and with more room results are kept again.
fn full_at(size: &str) {
    let sandbox = Sandbox::new();
    let store = sandbox.store();
    let room = match Room::with_disk(&store, size) {
        Ok(room) => room,
        Err(why) => return left_out(&why),
    };
    for n in 0..3 {
        let dir = sandbox.small(&format!("full{n}"), &format!("full{n}"));
        let run = room.ours(&sandbox, &dir, &BUILD).success();
        assert!(run.stderr().matches("Hyperopt").count() <= 1, "{}", run.stderr());
        sandbox.assert_like_plain(&dir);
    }
    room.remount(&sandbox, &store, "size=256m");
    let dir = sandbox.small("free", "free");
    let mut n = 0;
    wait_until("results to be kept again", || {
        n += 1;
        let dir = sandbox.copy(&dir, &format!("free{n}"));
        drop(room.ours(&sandbox, &dir, &["stats", "--reset"]));
        room.ours(&sandbox, &dir, &BUILD).success();
        sandbox.assert_like_plain(&dir);
        let stats = room.ours(&sandbox, &dir, &["stats", "--json"]);
        stats.0.status.success() && crate::support::Stats(stats.json()).hits() == UNITS
    });
    let verify = room.ours(&sandbox, &dir, &["cache", "verify"]);
    assert!(verify.0.status.success(), "{}{}", verify.stdout(), verify.stderr());
}

#[test]
fn full_before_the_index_can_be_made() {
    full_at("64k");
}

#[test]
fn full_as_soon_as_there_is_an_index() {
    full_at("512k");
}

#[test]
fn full_after_some_results() {
    full_at("5m");
}

#[test]
fn files_may_not_grow() {
    let sandbox = Sandbox::new();
    for blocks in ["0", "64", "1024"] {
        sandbox.stop_daemon();
        let dir = sandbox.small(&format!("limit{blocks}"), &format!("limit{blocks}"));
        // The daemon alone has the limit; it is started by a command that writes nothing.
        let script = format!("ulimit -f {blocks}; exec \"$0\" cache --size");
        drop(sandbox.command("sh", &dir).args(["-c", &script, crate::support::exe()]).output());
        sandbox.assert_builds(&dir, &[]);
        sandbox.stop_daemon();
        sandbox.assert_heals(&dir);
    }
}
