//! The loop: events in, runs out. It sleeps until something happens.
//!
//! A change during a run ends the run and begins the next one; a change while nothing runs begins one. It must never leave a
//! process behind, whatever ends it, and never start a run before the last one is gone.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitStatus,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use super::{
    ahead::Ahead,
    calm::Calm,
    child::{Running, Sign},
    face::{Face, Run, Verdict, Wish},
    job::{Job, Make},
    report::Report,
    seen::Seen,
    tree::Told,
};

/// What a run has written may be told this long after its end.
const ECHO: Duration = Duration::from_millis(300);
/// So many runs in a row that were broken off by the same files are a run that changes its own sources.
const OFTEN: u32 = 4;
/// How long the next of those runs waits.
const PAUSE: Duration = Duration::from_secs(2);
/// How long the end of the session waits for what was killed.
const LAST: Duration = Duration::from_secs(5);

/// Something that has happened.
#[derive(Debug)]
pub enum Event {
    Told(Told),
    /// Of the run with this number.
    Sign(u64, Sign),
    /// Of what is compiled ahead.
    Ahead(u64, Sign),
    Terminal(crossterm::event::Event),
    Signal(i32),
}

/// What is run, and how.
pub struct Setup {
    /// The workspace's directory.
    pub root: PathBuf,
    pub job: Job,
    /// The user's words for that command.
    pub args: Vec<OsString>,
    /// Makes the command for a job and words.
    pub command: Make,
}

/// Everything that goes on.
pub struct Session<'a> {
    setup: Setup,
    face: &'a mut dyn Face,
    events: Receiver<Event>,
    sender: Sender<Event>,
    job: Job,
    number: u64,
    current: Option<(Run, Running)>,
    /// What the next run is for, as soon as the last one is gone.
    next: Option<Vec<String>>,
    calm: Calm,
    seen: Seen,
    last_end: Option<Instant>,
    /// What has changed last, and how often in a row it has done so during a run.
    last_because: Vec<String>,
    repeated: u32,
    /// The lock file may be written by the run itself.
    writes_lock: bool,
    ahead: Ahead,
    quitting: Option<Quit>,
}

struct Quit {
    signal: Option<i32>,
    since: Instant,
}

impl<'a> Session<'a> {
    /// Nothing runs yet.
    pub fn new(setup: Setup, face: &'a mut dyn Face, events: (Sender<Event>, Receiver<Event>), ahead: Ahead) -> Self {
        let (sender, events) = events;
        let job = setup.job;
        let (calm, seen) = (Calm::default(), Seen::default());
        Self {
            setup,
            face,
            events,
            sender,
            job,
            number: 0,
            current: None,
            next: None,
            calm,
            seen,
            last_end: None,
            last_because: Vec::new(),
            repeated: 0,
            writes_lock: true,
            ahead,
            quitting: None,
        }
    }

    /// Until somebody wants it to end; the signal that has asked for it, if it was one.
    pub fn run(mut self) -> Option<i32> {
        self.next = Some(Vec::new());
        loop {
            self.advance();
            if let Some(quit) = &self.quitting
                && ((self.current.is_none() && !self.ahead.is_running()) || quit.since.elapsed() > LAST)
            {
                return quit.signal;
            }
            let event = match self.deadline() {
                None => self.events.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => self.events.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match event {
                Ok(event) => self.take(event),
                Err(RecvTimeoutError::Timeout) => {}
                // Cannot be: this side holds a sender.
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let running = self.current.as_ref().and_then(|(_, running)| running.deadline());
        let shown = self.face.next(self.current.is_some());
        // Nothing is shown to nobody.
        let shown = shown.filter(|_| self.quitting.is_none());
        let last = self.quitting.as_ref().map(|q| q.since + LAST);
        let pause = self.pause().filter(|_| self.next.is_some() && self.current.is_none());
        [self.calm.due(), running, shown, pause, self.ahead.deadline(), last].into_iter().flatten().min()
    }

    /// Until when the next run waits, if there is a reason.
    fn pause(&self) -> Option<Instant> {
        self.last_end.filter(|_| self.repeated >= OFTEN).map(|at| at + PAUSE)
    }

    /// What is due.
    fn advance(&mut self) {
        let now = Instant::now();
        if let Some((_, running)) = &mut self.current
            && running.deadline().is_some_and(|at| at <= now)
        {
            running.kill();
        }
        let root = &self.setup.root;
        if let Some(paths) = self.calm.take(now, || is_locked(root)) {
            self.changed(paths);
        }
        if self.quitting.is_none() {
            if self.next.is_some() {
                self.ahead.stop(now);
            }
            let pauses = self.pause().is_some_and(|until| until > now);
            match (&mut self.current, self.next.take()) {
                (Some((_, running)), Some(why)) => {
                    // One that would never come to its end is let through.
                    if self.repeated < OFTEN || why.is_empty() {
                        running.end(now);
                    }
                    self.next = Some(why);
                }
                (None, Some(why)) if pauses && !why.is_empty() => self.next = Some(why),
                (None, Some(why)) => self.begin(why),
                _ => {}
            }
        }
        let told = self.ahead.advance(now, &self.sender);
        if let Some(what) = told {
            self.face.ahead(what);
        }
        self.face.show(self.current.as_ref().map(|(run, _)| run), Instant::now());
        if self.face.is_gone() {
            self.quit(None);
        }
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Told(Told::Changed(paths)) => {
                self.ahead.stop(Instant::now());
                self.calm.add(Instant::now(), paths);
            }
            Event::Told(Told::Watching { dirs, trouble }) => self.face.watching(dirs, trouble.as_deref()),
            Event::Sign(number, sign) => self.sign(number, sign),
            Event::Ahead(number, sign) => self.ahead.sign(number, &sign, Instant::now()),
            Event::Terminal(event) => match self.face.event(&event) {
                Wish::Nothing => {}
                Wish::Quit => self.quit(None),
                Wish::Again => self.next = Some(Vec::new()),
                Wish::Switch(job) => (self.job, self.next) = (job, Some(Vec::new())),
            },
            Event::Signal(signal) => self.quit(Some(signal)),
        }
    }

    /// Files have changed.
    fn changed(&mut self, mut paths: BTreeSet<PathBuf>) {
        let echo = self.current.is_some() || self.last_end.is_some_and(|at| at.elapsed() < ECHO);
        if echo && self.writes_lock {
            paths.remove(&self.setup.root.join("Cargo.lock"));
        }
        let paths = self.seen.take(paths, echo);
        if paths.is_empty() {
            return;
        }
        self.writes_lock = paths.iter().any(|p| p.ends_with("Cargo.toml"));
        let root = &self.setup.root;
        let name = |path: &PathBuf| path.strip_prefix(root).unwrap_or(path).to_string_lossy().into_owned();
        let because: Vec<String> = paths.iter().map(name).collect();
        self.repeated = if echo && because == self.last_because { self.repeated + 1 } else { 0 };
        self.last_because.clone_from(&because);
        self.next = Some(because);
    }

    fn begin(&mut self, because: Vec<String>) {
        self.number += 1;
        let (number, sender) = (self.number, self.sender.clone());
        let run = Run { number, job: self.job, because, started: Instant::now(), report: Report::default() };
        let words = self.job.words(self.setup.job, &self.setup.args);
        let mut command = (self.setup.command)(self.job, &words);
        self.face.begin(&run);
        match Running::start(&mut command, move |sign| drop(sender.send(Event::Sign(number, sign)))) {
            Ok(running) => self.current = Some((run, running)),
            Err(error) => {
                let what = format!("{}: {error}", Path::new(command.get_program()).display());
                self.face.end(&run, &Verdict::NotStarted(what), Duration::ZERO);
            }
        }
    }

    fn sign(&mut self, number: u64, sign: Sign) {
        let Some((run, running)) = self.current.as_mut().filter(|(run, _)| run.number == number) else { return };
        match sign {
            Sign::Line(stream, line) => {
                // Nobody wants to know any more.
                if !running.is_ending() {
                    let heard = run.report.hear(stream, &line);
                    self.face.heard(run, &heard);
                }
            }
            Sign::Ended(status) => {
                let was_ended = running.is_ending();
                if let Some((run, _)) = self.current.take() {
                    self.ended(&run, status, was_ended);
                }
            }
        }
    }

    fn ended(&mut self, run: &Run, status: Option<ExitStatus>, was_ended: bool) {
        let took = run.started.elapsed();
        let verdict = match status {
            _ if was_ended => Verdict::Interrupted,
            Some(status) if status.success() => Verdict::Ok,
            status => Verdict::Failed(status),
        };
        self.last_end = Some(Instant::now());
        self.face.end(run, &verdict, took);
        if verdict == Verdict::Ok {
            let words = |job: Job| job.words(self.setup.job, &self.setup.args);
            self.ahead.plan(run.job, words, Instant::now());
        }
    }

    fn quit(&mut self, signal: Option<i32>) {
        let now = Instant::now();
        let again = self.quitting.is_some();
        if !again {
            self.quitting = Some(Quit { signal, since: now });
        }
        self.next = None;
        self.ahead.stop(now);
        if let Some((_, running)) = &mut self.current {
            // Who asks twice means it.
            if again && signal.is_some() { running.kill() } else { running.end(now) }
        }
    }
}

/// The version control system is in the middle of something.
fn is_locked(root: &Path) -> bool {
    let repository = root.ancestors().find(|dir| dir.join(".git").exists());
    repository.is_some_and(|dir| dir.join(".git/index.lock").exists())
}
