//! The cargo process behind a process that it has started, as the kernel's `/proc` tells it.
//!
//! It must never decide anything about a build: the answer is for reports. Where there is no `/proc` there is no answer.

use std::{fs, path::Path};

use crate::base::{
    clock::{Nanos, wall_nanos},
    proc::{Status, ticks_per_second},
};

/// Between cargo and a compiler stand at most a few other wrappers.
const HIGHEST: usize = 4;

/// A running cargo.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub pid: u32,
    /// When it was started; to a hundredth of a second.
    pub started: Nanos,
    /// The same in the kernel's own count, which never changes.
    ticks: u64,
    /// Its subcommand: the first word that is neither an option nor a toolchain.
    pub command: String,
}

impl Caller {
    /// The nearest process above `pid` that is called `cargo`.
    pub fn above(pid: u32) -> Option<Self> {
        let mut pid = Status::of(pid)?.parent;
        for _ in 0..HIGHEST {
            let status = Status::of(pid)?;
            if status.name == "cargo" {
                return Self::of(pid, &status);
            }
            pid = status.parent;
        }
        None
    }

    /// This process, which is known to be cargo.
    pub fn at(pid: u32) -> Option<Self> {
        Self::of(pid, &Status::of(pid)?)
    }

    fn of(pid: u32, status: &Status) -> Option<Self> {
        let since_boot = fs::read_to_string("/proc/uptime").ok()?;
        let uptime: f64 = since_boot.split_whitespace().next()?.parse().ok()?;
        let age = uptime - status.started as f64 / ticks_per_second()?;
        let started = wall_nanos().saturating_sub((age.max(0.0) * 1e9) as Nanos);
        Some(Self { pid, started, ticks: status.started, command: command(pid).unwrap_or_default() })
    }

    /// Tells builds of one machine apart.
    pub fn name(&self) -> String {
        format!("cargo-{}-{}", self.pid, self.ticks)
    }
}

fn command(pid: u32) -> Option<String> {
    let line = fs::read(Path::new("/proc").join(pid.to_string()).join("cmdline")).ok()?;
    let words = line.split(|b| *b == 0).skip(1).filter_map(|w| std::str::from_utf8(w).ok());
    words.into_iter().find(|w| w.starts_with(|c: char| c.is_ascii_lowercase())).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn cargo_is_found_above_another_wrapper() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let cargo = dir.path().join("cargo");
        fs::copy("/bin/sh", &cargo).expect("copied");
        let before = wall_nanos();
        let mut child = Command::new(&cargo)
            .args(["-c", "/bin/sh -c 'echo $$; cat; true'; true", "build", "secret"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("started");
        let mut line = String::new();
        let mut out = std::io::BufReader::new(child.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut out, &mut line).expect("read");
        let inner: u32 = line.trim().parse().expect("a number");
        let caller = Caller::above(inner).expect("found");
        assert_eq!((caller.pid, caller.command.as_str()), (child.id(), "build"));
        assert!((caller.started - before).abs() < 5_000_000_000, "{} {before}", caller.started);
        assert_eq!(Caller::at(child.id()).map(|c| c.pid), Some(child.id()));
        drop(child.stdin.take());
        child.wait().expect("ended");
        assert_eq!(Caller::above(u32::MAX), None);
    }
}
