//! One run of cargo that nobody waits for: at the lowest priority, watched, and ended with everything that it has started.
//!
//! How far it is comes from the progress bar that cargo draws, the only place where it tells how many units there are. A bar
//! that is not understood shows nothing.

use std::{
    collections::VecDeque,
    io::{self, Read},
    process::{Child, ChildStderr, Command, ExitStatus, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use super::limits::Stop;
use crate::{
    base::{clock::Stopwatch, process},
    ui::sanitize,
};

/// How often is looked whether it has ended or has to.
const LOOK: Duration = Duration::from_millis(50);
/// How long it may take to end when it is asked to.
const PATIENCE: Duration = Duration::from_secs(5);
/// Lines that are kept to tell why it failed, and that are told.
const KEPT: usize = 200;
const TOLD: usize = 12;

/// How it ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End {
    Done,
    /// In cargo's words.
    Failed(String),
    Stopped(Stop),
}

/// Runs a command of cargo's; `watch` is asked again and again whether to go on, and told how many units are done.
///
/// # Errors
/// If it cannot be started.
pub fn run(command: &mut Command, mut watch: impl FnMut(Option<(u64, u64)>) -> Option<Stop>) -> io::Result<End> {
    command.env("CARGO_TERM_PROGRESS_WHEN", "always").env("CARGO_TERM_PROGRESS_WIDTH", "100").env("CARGO_TERM_COLOR", "never");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    process::in_the_background(command);
    process::dies_with_us(command);
    let mut child = command.spawn()?;
    let lines = child.stderr.take().map(read);
    let mut kept = VecDeque::new();
    let ended = loop {
        let mut counts = None;
        drain(lines.as_ref(), LOOK, |line| counts = take(line, &mut kept).or(counts));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if let Some(stop) = watch(counts) {
            end(&mut child);
            return Ok(End::Stopped(stop));
        }
    };
    if ended.success() {
        return Ok(End::Done);
    }
    // What it has started may hold the stream open; what it has said itself is there.
    drain(lines.as_ref(), LOOK, |line| {
        take(line, &mut kept);
    });
    Ok(End::Failed(why(kept, ended)))
}

/// Hands over lines that come within this time.
fn drain(lines: Option<&Receiver<String>>, within: Duration, mut each: impl FnMut(String)) {
    let clock = Stopwatch::start();
    while let Some(left) = within.checked_sub(clock.elapsed()) {
        match lines.map(|l| l.recv_timeout(left)) {
            Some(Ok(line)) => each(line),
            Some(Err(RecvTimeoutError::Timeout)) => return,
            Some(Err(RecvTimeoutError::Disconnected)) | None => return thread::sleep(LOOK / 10),
        }
    }
}

/// A bar, or a line to be kept.
fn take(line: String, kept: &mut VecDeque<String>) -> Option<(u64, u64)> {
    let counts = counts(&line);
    if counts.is_none() && !line.trim().is_empty() {
        kept.push_back(line);
        kept.drain(..kept.len().saturating_sub(KEPT));
    }
    counts
}

/// `    Building [=====>     ] 12/54: serde, …`
fn counts(line: &str) -> Option<(u64, u64)> {
    let (bar, rest) = line.trim_start().split_once("] ")?;
    let (name, _) = bar.split_once(" [")?;
    let (done, rest) = rest.split_once('/')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let counts = (done.trim().parse().ok()?, rest[..end].parse().ok()?);
    name.bytes().all(|b| b.is_ascii_alphabetic()).then_some(counts)
}

/// Reads until the stream ends; whoever still has its other end is not waited for.
fn read(mut from: ChildStderr) -> Receiver<String> {
    let (lines, received) = channel();
    thread::spawn(move || {
        let (mut line, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            for byte in &buffer[..n] {
                // The bar is drawn over and over in one line.
                if matches!(byte, b'\n' | b'\r') {
                    send(&lines, &mut line);
                } else {
                    line.push(*byte);
                }
            }
        }
        send(&lines, &mut line);
    });
    received
}

fn send(lines: &Sender<String>, line: &mut Vec<u8>) {
    let text = sanitize::plain(&String::from_utf8_lossy(line));
    line.clear();
    // Nobody listens any more: the rest is read all the same, so that nobody has to wait for a reader.
    drop(lines.send(text));
}

/// The first error and what follows it.
fn why(kept: VecDeque<String>, ended: ExitStatus) -> String {
    let first = kept.iter().position(|l| l.starts_with("error")).unwrap_or(kept.len().saturating_sub(3));
    let told: Vec<String> = kept.into_iter().skip(first).take(TOLD).collect();
    if told.is_empty() { ended.to_string() } else { told.join("\n") }
}

/// Ends the whole process group.
fn end(child: &mut Child) {
    let group = Pid::from_raw(child.id().cast_signed());
    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        let clock = Stopwatch::start();
        // Gone already, at the worst.
        let _ = killpg(group, signal);
        while matches!(child.try_wait(), Ok(None)) && clock.elapsed() < PATIENCE {
            thread::sleep(LOOK / 10);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn bars_are_counted_and_other_lines_are_not() {
        assert_eq!(counts("    Building [=====>       ] 12/54: serde, a/b(bin)"), Some((12, 54)));
        assert_eq!(counts("    Building [>] 0/1"), Some((0, 1)));
        for other in ["   Compiling a v0.1.0 (/x)", "error[E0433]: a [b] 1/2", "  --> src/lib.rs:1:2", "warning: x [y] z"] {
            assert_eq!(counts(other), None, "{other}");
        }
    }

    #[test]
    fn progress_and_ends_are_told() {
        let mut seen = Vec::new();
        let bars = "printf '    Building [=> ] 1/3: a\\r    Building [==>] 2/3: b\\r' >&2; sleep 0.2";
        let end = run(&mut shell(bars), |counts| {
            seen.extend(counts);
            None
        });
        assert_eq!((end.expect("started"), seen), (End::Done, vec![(2, 3)]));
        let failing = "echo ' Compiling x' >&2; echo 'error: it broke' >&2; echo ' --> here' >&2; exit 101";
        assert_eq!(run(&mut shell(failing), |_| None).expect("started"), End::Failed("error: it broke\n --> here".into()));
        assert!(matches!(run(&mut shell("exit 3"), |_| None).expect("started"), End::Failed(why) if why.contains('3')));
    }

    #[test]
    fn nothing_that_was_started_outlives_a_stop() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let pid = dir.path().join("pid");
        let script = format!("sleep 600 & echo $! > {0}.new; mv {0}.new {0}; wait", pid.display());
        let stop = |_: Option<(u64, u64)>| pid.exists().then_some(Stop::Time);
        assert_eq!(run(&mut shell(&script), stop).expect("started"), End::Stopped(Stop::Time));
        let grandchild = std::fs::read_to_string(&pid).expect("noted");
        let stat = || std::fs::read_to_string(format!("/proc/{}/stat", grandchild.trim())).unwrap_or_default();
        let is_running = || stat().rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']));
        let clock = Stopwatch::start();
        while is_running() && clock.elapsed() < PATIENCE {
            thread::sleep(LOOK); // bounded wait: for the signal to be delivered
        }
        assert!(!is_running());
    }
}
