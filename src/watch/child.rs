//! One run of a command, in a process group of its own: its lines, and its end with everything that it has started.
//!
//! It must never block whoever waits for events: lines and the end arrive as events. What does not end when it is asked to is
//! killed. A process that outlives its command, and holds its streams open, is not waited for.

use std::{
    io::{self, BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

use crate::base::process;

/// How long it may take to end when it is asked to.
pub const PATIENCE: Duration = Duration::from_secs(2);
/// How long lines may take to arrive after the end.
const LATE: Duration = Duration::from_millis(300);
/// A line that is longer is cut: nobody reads it, and it must not fill the memory.
const LONGEST: u64 = 1 << 20;

/// Where a line was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    Out,
    Err,
}

/// What becomes of it.
#[derive(Debug)]
pub enum Sign {
    Line(Stream, String),
    /// It has ended, and all of its lines have arrived.
    Ended(Option<ExitStatus>),
}

/// A running command.
pub struct Running {
    group: Pid,
    ending: Arc<AtomicBool>,
    /// When it was asked to end.
    asked: Option<Instant>,
    was_killed: bool,
    ended: Arc<AtomicBool>,
}

impl Running {
    /// Starts it; `tell` is called by threads. Must be called by a thread that lives as long as the program: when that ends,
    /// the command is ended.
    ///
    /// # Errors
    /// If it cannot be started.
    pub fn start(command: &mut Command, tell: impl Fn(Sign) + Clone + Send + 'static) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        process::is_asked_to_end_with_us(command);
        let mut child = command.spawn()?;
        let group = Pid::from_raw(child.id().cast_signed());
        let (ending, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (done, all_read) = channel();
        if let Some(out) = child.stdout.take() {
            read(out, Stream::Out, tell.clone(), done.clone());
        }
        if let Some(err) = child.stderr.take() {
            read(err, Stream::Err, tell.clone(), done.clone());
        }
        drop(done);
        let running = Self { group, ending: ending.clone(), asked: None, was_killed: false, ended: ended.clone() };
        thread::Builder::new().name("child".into()).spawn(move || {
            let status = wait(&mut child, group, &ending, &ended, &all_read);
            tell(Sign::Ended(status));
        })?;
        Ok(running)
    }

    /// Asks it, and all that it has started, to end.
    pub fn end(&mut self, now: Instant) {
        if self.asked.is_none() {
            self.asked = Some(now);
            self.ending.store(true, Ordering::Release);
            self.signal(Signal::SIGTERM);
        }
    }

    /// It was asked to end.
    pub fn is_ending(&self) -> bool {
        self.asked.is_some()
    }

    /// When it is to be killed.
    pub fn deadline(&self) -> Option<Instant> {
        self.asked.filter(|_| !self.was_killed).map(|at| at + PATIENCE)
    }

    /// Kills it.
    pub fn kill(&mut self) {
        self.ending.store(true, Ordering::Release);
        self.asked.get_or_insert_with(Instant::now);
        self.was_killed = true;
        self.signal(Signal::SIGKILL);
    }

    fn signal(&self, signal: Signal) {
        // Once it was waited for, the number may be somebody else's.
        if !self.ended.load(Ordering::Acquire) {
            let _ = killpg(self.group, signal);
        }
    }
}

/// Until it has ended; what is left of its group goes as well, if it was asked to end.
fn wait(child: &mut Child, group: Pid, ending: &AtomicBool, ended: &AtomicBool, all_read: &Receiver<()>) -> Option<ExitStatus> {
    process::wait_until_ended(group);
    if ending.load(Ordering::Acquire) {
        let _ = killpg(group, Signal::SIGKILL);
    }
    // Both readers hang up at the end of their streams.
    let _ = all_read.recv_timeout(LATE);
    ended.store(true, Ordering::Release);
    child.wait().ok()
}

fn read(from: impl Read + Send + 'static, stream: Stream, tell: impl Fn(Sign) + Send + 'static, done: Sender<()>) {
    let work = move || {
        let mut from = BufReader::new(from);
        let mut line = Vec::new();
        while matches!((&mut from).take(LONGEST).read_until(b'\n', &mut line), Ok(1..)) {
            while matches!(line.last(), Some(b'\n' | b'\r')) {
                line.pop();
            }
            tell(Sign::Line(stream, String::from_utf8_lossy(&line).into_owned()));
            line.clear();
        }
        drop(done);
    };
    // Without a thread nothing is heard of it; it goes on all the same.
    drop(thread::Builder::new().name("lines".into()).spawn(work));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(script: &str) -> (Running, Receiver<Sign>) {
        let (send, signs) = channel();
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        (Running::start(&mut command, move |sign| drop(send.send(sign))).expect("started"), signs)
    }

    fn next(signs: &Receiver<Sign>) -> Sign {
        signs.recv_timeout(Duration::from_secs(60)).expect("in time")
    }

    fn line(signs: &Receiver<Sign>) -> String {
        match next(signs) {
            Sign::Line(_, text) => text,
            Sign::Ended(status) => panic!("ended: {status:?}"),
        }
    }

    #[test]
    fn lines_come_before_the_end() {
        let (_running, signs) = start("echo one; echo two >&2; printf three; exit 3");
        let mut lines = [line(&signs), line(&signs), line(&signs)];
        lines.sort();
        assert_eq!(lines, ["one", "three", "two"]);
        assert!(matches!(next(&signs), Sign::Ended(Some(status)) if status.code() == Some(3)));
    }

    #[test]
    fn the_whole_group_ends() {
        let (mut running, signs) = start("sh -c 'trap \"\" TERM; echo $$; while :; do sleep 1; done' & wait");
        let stubborn: i32 = line(&signs).parse().expect("a number");
        running.end(Instant::now());
        assert!(running.is_ending() && running.deadline().is_some());
        assert!(matches!(next(&signs), Sign::Ended(_)));
        let gone = || nix::sys::signal::kill(Pid::from_raw(stubborn), None).is_err() || is_zombie(stubborn);
        let start = Instant::now();
        while !gone() {
            assert!(start.elapsed() < Duration::from_secs(60), "it stays");
            thread::sleep(Duration::from_millis(5)); // bounded wait: for its end
        }
    }

    fn is_zombie(pid: i32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(')').is_none_or(|(_, rest)| rest.trim_start().starts_with(['Z', 'X']))
    }

    #[test]
    fn what_does_not_listen_is_killed() {
        let (mut running, signs) = start("trap '' TERM; echo ready; while :; do sleep 1; done");
        assert_eq!(line(&signs), "ready");
        running.end(Instant::now());
        running.kill();
        assert!(matches!(next(&signs), Sign::Ended(Some(status)) if !status.success()));
    }

    #[test]
    fn whoever_holds_the_streams_open_is_not_waited_for() {
        let (_running, signs) = start("sleep 30 & echo $!");
        let left: i32 = line(&signs).parse().expect("a number");
        assert!(matches!(next(&signs), Sign::Ended(Some(status)) if status.success()));
        let _ = nix::sys::signal::kill(Pid::from_raw(left), Signal::SIGKILL);
    }
}
