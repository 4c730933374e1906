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
    unistd::{Pid, SysconfVar, sysconf},
};

use crate::base::clock::Stopwatch;

/// How long a rest has to be.
const REST: Duration = Duration::from_millis(500);
/// How long a rest is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long processes may take to end when they are asked to.
const GRACE: Duration = Duration::from_secs(3);

/// One process, as the kernel tells of it.
struct Process {
    pid: i32,
    parent: i32,
    is_zombie: bool,
    /// With its ended children.
    ticks: u64,
}

/// From now on, what a child leaves behind is ours.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // Where it is refused, background processes are not counted.
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// CPU seconds of all descendants so far, those that have ended included. To be compared while no build runs.
pub fn cpu() -> f64 {
    let seconds = |t: nix::sys::time::TimeVal| t.tv_sec() as f64 + t.tv_usec() as f64 / 1e6;
    let ended = getrusage(UsageWho::RUSAGE_CHILDREN).map_or(0.0, |u| seconds(u.user_time()) + seconds(u.system_time()));
    ended + living_ticks() as f64 / ticks_per_second()
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
            let _ = kill(Pid::from_raw(process.pid), signal);
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
    let own = std::process::id().cast_signed();
    for process in descendants().into_iter().filter(|p| p.is_zombie && p.parent == own) {
        let _ = waitpid(Pid::from_raw(process.pid), Some(WaitPidFlag::WNOHANG));
    }
}

fn living_ticks() -> u64 {
    descendants().iter().map(|p| p.ticks).sum()
}

fn ticks_per_second() -> f64 {
    sysconf(SysconfVar::CLK_TCK).ok().flatten().map_or(100.0, |n| n as f64)
}

fn descendants() -> Vec<Process> {
    let mut by_parent: HashMap<i32, Vec<Process>> = HashMap::new();
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    for name in entries.map(|e| e.file_name()) {
        let Some(pid) = name.to_str().and_then(|n| n.parse().ok()) else { continue };
        if let Some(process) = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok().and_then(|s| process(pid, &s)) {
            by_parent.entry(process.parent).or_default().push(process);
        }
    }
    let mut found = by_parent.remove(&std::process::id().cast_signed()).unwrap_or_default();
    let mut next = 0;
    while let Some(pid) = found.get(next).map(|p| p.pid) {
        found.extend(by_parent.remove(&pid).unwrap_or_default());
        next += 1;
    }
    found
}

/// `pid (name) state ppid …`; the name may hold anything.
fn process(pid: i32, stat: &str) -> Option<Process> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at).and_then(|f| f.parse::<u64>().ok());
    Some(Process {
        pid,
        parent: fields.get(1)?.parse().ok()?,
        is_zombie: matches!(*fields.first()?, "Z" | "X"),
        ticks: number(11)? + number(12)? + number(13)? + number(14)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_understood_whatever_the_name() {
        let line = "42 (a) R 1 (b) S 7 42 42 0 -1 4194560 1 2 3 4 100 20 3 1 20 0 1 0 5 6";
        let found = process(42, line).expect("understood");
        assert_eq!((found.parent, found.ticks, found.is_zombie), (7, 124, false));
        assert!(process(1, "1 (x").is_none());
    }
}
