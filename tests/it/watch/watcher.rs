//! A `watch --json` in the background, and what it says.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::Value;

use crate::support::{Sandbox, exe, processes};

/// Longest wait for something that will certainly happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// It is killed if a test fails.
pub struct Watcher {
    child: Child,
    lines: Receiver<Value>,
    /// Everything so far.
    pub said: Vec<Value>,
}

impl Watcher {
    /// Starts it and waits until everything is watched and the first run has ended.
    #[track_caller]
    pub fn start(sandbox: &Sandbox, dir: &Path, args: &[&str]) -> (Self, Value) {
        Self::with(sandbox.command(exe(), dir), args)
    }

    /// Starts it with a command that has more variables.
    #[track_caller]
    pub fn begin(mut command: Command, args: &[&str]) -> Self {
        command.args(["watch", "--json"]).args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit());
        let mut child = command.spawn().expect("started");
        let out = child.stdout.take().expect("piped");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                assert!(line.bytes().all(|b| b >= b' '), "control bytes: {line:?}");
                drop(send.send(serde_json::from_str(&line).expect("JSON")));
            }
        });
        Self { child, lines, said: Vec::new() }
    }

    /// As [`Watcher::start`], with a command that has more variables.
    #[track_caller]
    pub fn with(command: Command, args: &[&str]) -> (Self, Value) {
        let mut watcher = Self::begin(command, args);
        // The order of these two is open.
        let mut ended = None;
        let mut watching = false;
        while ended.is_none() || !watching {
            let line = watcher.next();
            watching |= line["event"] == "watching";
            if line["event"] == "ended" {
                ended = Some(line);
            }
        }
        (watcher, ended.expect("ended"))
    }

    #[track_caller]
    pub fn next(&mut self) -> Value {
        let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("nothing more is said after {:#?}", self.said));
        assert_eq!(line["schema_version"], 1);
        self.said.push(line.clone());
        line
    }

    /// The next line about this.
    #[track_caller]
    pub fn event(&mut self, name: &str) -> Value {
        loop {
            let line = self.next();
            if line["event"] == name {
                return line;
            }
        }
    }

    /// The end of the next run that is not broken off.
    #[track_caller]
    pub fn result(&mut self) -> Value {
        loop {
            let line = self.event("ended");
            if line["result"] != "interrupted" {
                return line;
            }
        }
    }

    /// How many runs have begun.
    pub fn runs(&self) -> usize {
        self.said.iter().filter(|line| line["event"] == "started").count()
    }

    /// Nothing has happened so far that was not read; nothing is under way.
    #[track_caller]
    pub fn assert_idle(&mut self) {
        if let Ok(line) = self.lines.try_recv() {
            panic!("{line}");
        }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Sends a signal and waits for the end, after which nothing is left that worked in `dir`.
    #[track_caller]
    pub fn end(mut self, signal: Signal, dir: &Path) -> std::process::ExitStatus {
        kill(self.pid(), signal).expect("sent");
        let mut status = None;
        processes::wait_until("the end of watch", || {
            status = self.child.try_wait().expect("waited");
            status.is_some()
        });
        let dir = dir.to_string_lossy().into_owned();
        let left: Vec<_> = processes::all().into_iter().filter(|p| p.argv.iter().any(|a| a.contains(&dir))).collect();
        assert!(left.is_empty(), "{left:?}");
        status.expect("ended")
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
