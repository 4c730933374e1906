//! Compilers wait for a place: limits hold for all builds together, and nobody waits for a daemon that is gone.

use std::{
    fs,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;

use crate::support::{
    Sandbox,
    processes::{Running, wait_until, wrapper_of},
};

const ONE: (&str, &str) = ("RUSTC_HYPEROPT_PERFORMANCE_MAX_PARALLEL_JOBS", "1");

/// Four crates that do not need one another.
fn crates(sandbox: &Sandbox, name: &str) -> PathBuf {
    let mut files = vec![("Cargo.toml".to_owned(), "[workspace]\nmembers = [\"c*\"]\nresolver = \"2\"\n".to_owned())];
    for n in 0..4 {
        let manifest = format!("[package]\nname = \"c{n}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
        files.push((format!("c{n}/Cargo.toml"), manifest));
        files.push((format!("c{n}/src/lib.rs"), format!("pub const WHERE: &str = \"{name} {n}\";\n")));
    }
    sandbox.project(name, files.iter().map(|(f, t)| (f.as_str(), t.as_str())))
}

/// A compiler that writes down when it begins and ends a crate, and waits while there is a file `hold`.
fn noting(sandbox: &Sandbox) -> (PathBuf, PathBuf) {
    let log = sandbox.path("log");
    let note = |what: &str| format!("echo {what} >> '{}'", log.display());
    let hold = sandbox.path("hold");
    let sysroot = sandbox.command("rustc", Path::new("/")).arg("--print=sysroot").output().expect("runs").stdout;
    let real = format!("{}/bin/rustc", String::from_utf8(sysroot).expect("a path").trim());
    let lines = format!(
        "case \"$*\" in *'--crate-name c'*) {}; while [ -e '{}' ]; do sleep 0.02; done; '{real}' \"$@\"; code=$?; {}; exit $code;; esac",
        note("begin"),
        hold.display(),
        note("end"),
    );
    (sandbox.compiler(&lines), log)
}

fn start(sandbox: &Sandbox, dir: &Path, rustc: &Path, limit: Option<(&str, &str)>) -> Running {
    let mut command = sandbox.command(crate::support::exe(), dir);
    command.args(["build", "-j4"]).env("RUSTC", rustc).envs(limit);
    Running::start(&mut command)
}

fn begun(log: &Path) -> usize {
    fs::read_to_string(log).unwrap_or_default().lines().filter(|l| *l == "begin").count()
}

#[test]
fn two_builds_at_once_keep_to_one_limit() {
    let sandbox = Sandbox::new();
    let (rustc, log) = noting(&sandbox);
    let builds: Vec<Running> =
        ["a", "b"].map(|name| start(&sandbox, &crates(&sandbox, name), &rustc, Some(ONE))).into_iter().collect();
    for build in builds {
        build.finish().success();
    }
    let noted = fs::read_to_string(&log).expect("noted");
    let lines: Vec<&str> = noted.lines().collect();
    assert_eq!(lines.len(), 16, "{noted}");
    assert!(lines.chunks(2).all(|pair| pair == ["begin", "end"]), "never two at a time: {noted}");
    assert_eq!(sandbox.take_stats().misses(), 8);
}

#[test]
fn without_a_limit_nobody_waits() {
    let sandbox = Sandbox::new();
    let (rustc, log) = noting(&sandbox);
    fs::write(sandbox.path("hold"), "").expect("written");
    let build = start(&sandbox, &crates(&sandbox, "a"), &rustc, None);
    wait_until("all four run at once", || begun(&log) == 4);
    fs::remove_file(sandbox.path("hold")).expect("removed");
    build.finish().success();
    assert_eq!(sandbox.take_stats().0["totals"]["waited"], 0);
}

#[test]
fn who_waits_goes_at_once_when_the_daemon_is_gone() {
    let sandbox = Sandbox::new();
    let (rustc, log) = noting(&sandbox);
    fs::write(sandbox.path("hold"), "").expect("written");
    let build = start(&sandbox, &crates(&sandbox, "a"), &rustc, Some(ONE));
    wait_until("the first has begun", || begun(&log) == 1);
    sandbox.kill_daemons();
    wait_until("the others have begun, too", || begun(&log) == 4);
    fs::remove_file(sandbox.path("hold")).expect("removed");
    build.finish().success();
}

#[test]
fn a_wrapper_that_is_killed_leaves_its_place_to_others() {
    let sandbox = Sandbox::new();
    let (rustc, log) = noting(&sandbox);
    fs::write(sandbox.path("hold"), "").expect("written");
    let dir = crates(&sandbox, "a");
    let build = start(&sandbox, &dir, &rustc, Some(ONE));
    wait_until("the first has begun", || begun(&log) == 1);
    (0..4).filter_map(|n| wrapper_of(&format!("c{n}"), &dir)).for_each(|wrapper| wrapper.signal(Signal::SIGKILL));
    assert!(!build.finish().0.status.success());
    let other = start(&sandbox, &crates(&sandbox, "b"), &rustc, Some(ONE));
    wait_until("another build's has begun", || begun(&log) >= 2);
    fs::remove_file(sandbox.path("hold")).expect("removed");
    other.finish().success();
}
