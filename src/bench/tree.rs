//! The processes that builds start, also those that outlive them: what they use, when they rest, and their end.
//!
//! This process takes in orphans (Linux), so that background processes of every tool are its descendants, whatever they are
//! called. Elsewhere only what was waited for counts, and tools end their background processes themselves.

use std::{collections::HashMap, thread, time::Duration};

use nix::{
    sys::{
        resource::{UsageWho, getrusage},
        signal::{Signal, kill},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::Pid,
};

use crate::base::{
    clock::Stopwatch,
    proc::{Status, ticks_per_second},
};

/// How long a rest has to be.
const REST: Duration = Duration::from_millis(500);
/// How long a rest is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long processes may take to end when they are asked to.
const GRACE: Duration = Duration::from_secs(3);

/// One process.
struct Process {
    pid: u32,
    status: Status,
}

impl Process {
    fn pid(&self) -> Pid {
        Pid::from_raw(self.pid.cast_signed())
    }
}

/// CPU seconds of all descendants so far, those that have ended included. To be compared while no build runs.
pub fn cpu() -> f64 {
    let seconds = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    let ended = getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0.0, |u| seconds(u.user_time()) + seconds(u.system_time()));
    ended + living_ticks() as f64 / ticks_per_second().unwrap_or(100.0)
}

/// Waits until the background processes rest. Whoever does not rest in time is not waited for.
pub fn settle(stop: &dyn Fn() -> Option<i32>) {
    let clock = Stopwatch::start();
    let mut before = living_ticks();
    while clock.elapsed() < PATIENCE && stop().is_none() && !descendants().is_empty() {
        thread::sleep(REST);
        let now = living_ticks();
        if now.abs_diff(before) <= 1 {
            return;
        }
        before = now;
    }
}

/// Ends all descendants. No build may be waited for by anybody else at that time.
pub fn end() {
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let clock = Stopwatch::start();
        for process in descendants() {
            // Gone already, at the worst.
            let _ = kill(process.pid(), signal);
        }
        while clock.elapsed() < GRACE {
            reap();
            if descendants().is_empty() {
                return;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Takes note of the end of orphans.
fn reap() {
    let own = std::process::id();
    for process in descendants().into_iter().filter(|p| p.status.is_zombie && p.status.parent == own) {
        let _ = waitpid(process.pid(), Some(WaitPidFlag::WNOHANG));
    }
}

fn living_ticks() -> u64 {
    descendants().iter().map(|p| p.status.ticks).sum()
}

fn descendants() -> Vec<Process> {
    let mut by_parent: HashMap<u32, Vec<Process>> = HashMap::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for name in entries.map(|e| e.file_name()) {
        let Some(pid) = name.to_str().and_then(|n| n.parse().ok()) else { continue };
        if let Some(status) = Status::of(pid) {
            by_parent.entry(status.parent).or_default().push(Process { pid, status });
        }
    }
    let mut found = by_parent.remove(&std::process::id()).unwrap_or_default();
    let mut next = 0;
    while let Some(pid) = found.get(next).map(|p| p.pid) {
        found.extend(by_parent.remove(&pid).unwrap_or_default());
        next += 1;
    }
    found
}
