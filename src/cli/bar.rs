//! Cargo's bar with what the cache knows of the build: cargo writes to a terminal of its own, and we write to the real one.
//!
//! Cargo decides whether there is a bar, and draws it: its settings, its rules for terminals and continuous integration and its
//! count of units are as ever. Its frames get more words ([`crate::ui::frames`]), every other byte goes on as it is, and its
//! arguments, environment, process group, standard input and exit code are untouched. It must never be done for a command whose
//! program the user talks to, never delay what cargo says, nor keep anything back when cargo has ended, however it did. Without a
//! pseudo-terminal, all is as if this did not exist; without a daemon, so is the bar.

use std::{
    io,
    process::Command,
    sync::{
        Arc, Mutex,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};

use nix::unistd::Pid;

use super::{context::Context, plan::CargoCall, wiring::Wired};
use crate::{
    analyze::left::{Record, SoFar},
    base::{
        clock::Stopwatch,
        process,
        pty::{self, Heard, Pty},
        sync::lock,
    },
    cargo::{settings::Settings, words},
    config::Bar,
    events::{Ended, Live},
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
    ui::{
        Printer,
        frames::Frames,
        live::{self, Known},
        progress,
    },
};

/// How often the daemon is asked, and the bar written anew if there is news.
const TICK: Duration = Duration::from_millis(200);
/// How long what may become a frame is kept back when nothing follows.
const PAUSE: Duration = Duration::from_millis(20);

/// Commands that start none of the user's programs.
const COMPILING: [&str; 7] = ["build", "b", "check", "c", "clippy", "doc", "d"];
/// Those that start none with `--no-run`.
const RUNNING: [&str; 3] = ["test", "t", "bench"];

/// What is shown for one command.
pub struct Shown {
    wired: Wired,
    /// Cargo's subcommand.
    command: String,
    /// Compilers that cargo starts at a time.
    jobs: usize,
}

impl Shown {
    /// Nothing if cargo is to write to the real terminal.
    pub fn of(ctx: &Context, call: &CargoCall, wired: &Wired) -> Option<Self> {
        let command = call.args.get(words::subcommand(&call.args)?)?.to_str()?;
        let (mut no_run, mut conflicts, mut jobs) = (false, false, None);
        words::options(&call.args, |name, value| match name {
            "no-run" => no_run = true,
            // Data on the same screen, somebody else who writes there, and what nobody can foresee.
            "message-format" => conflicts |= ctx.printer.out_is_terminal,
            "open" | "Z" => conflicts = true,
            "j" | "jobs" => jobs = value.and_then(|n| n.parse().ok()),
            _ => {}
        });
        let (compiles, may_run) = (COMPILING.contains(&command), RUNNING.contains(&command));
        let wanted = wired.bar == Bar::Auto
            && progress::is_wanted(&ctx.env, ctx.printer.err_is_terminal)
            && !call.seen.quiet
            && !conflicts
            && (compiles || (may_run && no_run))
            && !is_alias(ctx, command);
        let jobs = jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        wanted.then(|| Self { wired: wired.clone(), command: command.to_owned(), jobs })
    }

    /// Gives a command that is about to be started a terminal of its own for its messages; nothing if there is none to be had.
    pub fn lend(&self, command: &mut Command) -> Option<Pty> {
        let (ours, other) = Pty::open(io::stderr()).ok()?;
        command.stderr(other);
        Some(ours)
    }

    /// Passes on what the child writes there until it has ended.
    pub fn pass_on(&self, printer: &mut Printer, terminal: &Pty, child: Pid) {
        let (mut frames, mut out, mut buffer) = (Frames::default(), Vec::new(), vec![0; 16 * 1024]);
        let known = Arc::new(Mutex::new(None));
        let (mut asker, mut ticked, mut silent) = (None, Stopwatch::start(), 0);
        loop {
            let say = |frame: &_| {
                let known: Option<Known> = lock(&known).clone();
                live::words(frame, &known?, pty::columns(io::stderr())?)
            };
            match terminal.hear(&mut buffer, if frames.is_holding() { PAUSE } else { TICK }) {
                Ok(Heard::Bytes(n)) => {
                    silent = 0;
                    frames.take(&buffer[..n], &mut out, say);
                }
                Ok(Heard::Silence) => {
                    silent += 1;
                    frames.flush(&mut out);
                }
                Ok(Heard::End) | Err(_) => break,
            }
            if ticked.elapsed() >= TICK {
                ticked = Stopwatch::start();
                terminal.follow(io::stderr());
                frames.again(&mut out, say);
                if let Some(frame) = frames.shown() {
                    let left = frame.total.saturating_sub(frame.done);
                    // Whoever has not answered the last question yet is not asked again.
                    let ask: &Option<SyncSender<u64>> = asker.get_or_insert_with(|| self.ask(known.clone()));
                    let _ = ask.as_ref().map(|ask| ask.try_send(left));
                }
            }
            // If the real terminal is gone, so is cargo's. If somebody whom cargo has left behind holds it, nothing more is said.
            if !printer.pass_on(&out) || (silent > 1 && process::has_ended(child)) {
                break;
            }
            out.clear();
        }
        frames.end(&mut out);
        printer.pass_on(&out);
    }

    /// A thread that asks the daemon how the build is doing whenever it is told how many units are left, until nobody tells it.
    fn ask(&self, known: Arc<Mutex<Option<Known>>>) -> Option<SyncSender<u64>> {
        let (send, ticks) = sync_channel(1);
        let Self { wired, command, jobs } = self;
        let (wired, command, jobs) = (wired.clone(), command.clone(), *jobs);
        let work = move || Asker { wired, command, jobs, known, ended: Vec::new(), record: None }.run(&ticks);
        thread::Builder::new().name("bar".into()).spawn(work).ok().map(|_| send)
    }
}

/// Whether the user means another command by this name.
fn is_alias(ctx: &Context, command: &str) -> bool {
    let variable = format!("CARGO_ALIAS_{}", command.to_ascii_uppercase());
    let Some(home) = ctx.cargo_home() else { return true };
    let names = |text: &String| {
        let table: Option<toml::Table> = toml::from_str(text).ok();
        table.is_none_or(|t| t.get("alias").is_some_and(|aliases| aliases.get(command).is_some()))
    };
    ctx.env.get(&variable).is_some() || Settings::read(&ctx.cwd, &home, &[], &ctx.env).texts.iter().any(names)
}

/// Who asks the daemon.
struct Asker {
    wired: Wired,
    command: String,
    jobs: usize,
    known: Arc<Mutex<Option<Known>>>,
    ended: Vec<Ended>,
    /// Earlier builds, once it is known where.
    record: Option<Record>,
}

impl Asker {
    fn run(mut self, ticks: &Receiver<u64>) {
        let mut client = None;
        for left in ticks {
            if client.is_none() {
                client = Client::connect(&self.wired.store).ok();
            }
            let live = client.as_mut().and_then(|client| self.live(client));
            if live.is_none() {
                client = None;
            }
            let known = live.map(|live| {
                let so_far = SoFar { running: &live.running, ended: &self.ended, left, jobs: self.jobs };
                Known::of(&live, self.record.as_ref().and_then(|record| record.left(&so_far)))
            });
            *lock(&self.known) = known;
        }
    }

    fn live(&mut self, client: &mut Client) -> Option<Live> {
        let request = Request::Progress { session: self.wired.session.clone(), after: self.ended.len() as u64 };
        let Ok(Reply::Progress(mut live)) = client.ask(&request) else { return None };
        self.ended.append(&mut live.ended);
        if self.record.is_none() && !live.target.is_empty() {
            let Ok(Reply::Builds(builds)) = client.ask(&Request::Builds { target: live.target.clone() }) else { return None };
            self.record = Some(Record::of(&builds, &self.command));
        }
        Some(*live)
    }
}
