//! Running cargo: same arguments, streams and end; our environment; one line afterwards.
//!
//! It must never delay cargo's start, change its exit code, or print between its lines. Whatever is wrong with the cache
//! is said once, after the build.

use std::{
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use nix::unistd::Pid;

use super::{
    advise::{self, Ended, Listening},
    bar::Shown,
    cargo,
    context::Context,
    error::CliError,
    plan::CargoCall,
    seeding::Seeding,
    signals,
    wiring::{Wired, Wiring},
};
use crate::{
    base::{env::names, process::exit_like},
    events::Totals,
    ipc::{
        client::Client,
        protocol::{Reply, Request},
    },
    ui::{Printer, summary},
};

/// How long the end of a build may wait for its summary.
const PATIENCE: Duration = Duration::from_millis(1000);

/// Runs cargo and gives its exit code; if a signal ended it, the same signal ends this process.
///
/// # Errors
/// If there is no cargo or it cannot be started.
pub fn run(ctx: &mut Context, call: &CargoCall) -> Result<i32, CliError> {
    if call.prompt.is_some_and(|prompt| prompt.undo) {
        return advise::undo(ctx, call);
    }
    let cargo = cargo::find(ctx, call.toolchain.is_some()).ok_or(CliError::NoCargo)?;
    let wiring = Wiring::of(ctx, call.seen.quiet);
    if let (Wiring::On(wired), true) = (&wiring, call.cleans) {
        wired.keep_states();
    }
    let mut command = Command::new(&cargo);
    command.args(&call.toolchain).args(&call.args).envs(wiring.environment());
    let mut listening = Listening::to(ctx, call, &wiring);
    command.envs(listening.as_ref().and_then(Listening::environment));
    if listening.is_none() && (!call.builds || wiring == Wiring::Off) {
        // Nothing to say afterwards: cargo takes our place.
        return Err(CliError::Start { what: cargo, cause: command.exec() });
    }
    let seeding = if let Wiring::On(wired) = &wiring { Seeding::of(ctx, call, wired) } else { None };
    if let Some(seeding) = &seeding {
        seeding.before();
    }
    let helper = if let Wiring::On(wired) = &wiring { Helper::start(wired.clone()) } else { None };
    let shown = if let Wiring::On(wired) = &wiring { Shown::of(ctx, call, wired) } else { None };
    let mut once = |ctx: &mut Context| once(&mut command, &cargo, shown.as_ref(), &mut ctx.printer);
    let mut ended = once(ctx)?;
    if !ended.status.success() && seeding.as_ref().is_some_and(Seeding::was_withdrawn) {
        let why = "what had been put into the target directory did not fit together and was taken back; building again";
        ctx.printer.status_warning(summary::VERB, why);
        ended = once(ctx)?;
    }
    while let Some(listening) = &mut listening
        && listening.after(ctx, call, &cargo, ended)
    {
        ended = once(ctx)?;
    }
    let status = ended.status;
    let outcome = match wiring {
        _ if status.code().is_none() => None,
        Wiring::Off => None,
        Wiring::NoStore(reason) => Some(Err(reason)),
        Wiring::On(_) => Some(helper.map_or_else(|| Err("no thread could be started".into()), Helper::finish)),
    };
    if let Some(seeding) = seeding.as_ref().filter(|_| status.success()) {
        let made = matches!(&outcome, Some(Ok(served)) if served.totals.hit_count() + served.totals.miss_count() > 0);
        seeding.after(ctx, call, made);
    }
    if let Some(outcome) = outcome {
        tell(ctx, call, &outcome);
    }
    Ok(code(status))
}

fn once(command: &mut Command, cargo: &Path, shown: Option<&Shown>, printer: &mut Printer) -> Result<Ended, CliError> {
    let start = |cause| CliError::Start { what: cargo.to_owned(), cause };
    let lent = shown.and_then(|shown| Some((shown, shown.lend(command)?)));
    let child = command.spawn();
    // The other end of what was lent is to be cargo's alone, or nobody would see it close.
    command.stderr(Stdio::inherit());
    let mut child = child.map_err(start)?;
    let handing_on = signals::HandingOn::to(&child);
    if let Some((shown, terminal)) = lent {
        shown.pass_on(printer, &terminal, Pid::from_raw(child.id().cast_signed()));
    }
    let status = child.wait().map_err(start);
    drop(handing_on);
    Ok(Ended { status: status?, cargo: child.id() })
}

fn code(status: ExitStatus) -> i32 {
    status.code().unwrap_or_else(|| exit_like(status))
}

/// Prints the line that ends a build.
fn tell(ctx: &mut Context, call: &CargoCall, outcome: &Result<Served, String>) {
    let wish = ctx.env.get(names::SUMMARY).and_then(|v| v.to_str()).unwrap_or("auto");
    if call.seen.quiet || wish == "never" {
        return;
    }
    let watched = ctx.printer.err_is_terminal || call.seen.verbose || wish == "always";
    match outcome {
        // These two are said in logs too: otherwise a cache that does not work looks like one that does.
        Ok(Served { totals, degraded: Some(reason) }) if totals.miss_count() > 0 => {
            ctx.printer.status_warning(summary::VERB, format!("what was compiled is not kept: {reason}"));
        }
        Ok(served) if watched => {
            if let Some(line) = summary::line(&served.totals) {
                ctx.printer.status(summary::VERB, line);
            }
        }
        Ok(_) => {}
        Err(reason) => ctx.printer.status_warning(summary::VERB, format!("no cache for this build: {reason}")),
    }
}

/// What the daemon says at the end of a build.
struct Served {
    totals: Totals,
    /// What keeps results from being stored.
    degraded: Option<String>,
}

/// A thread that starts the daemon while cargo starts, and fetches the counters at the end.
struct Helper {
    cargo_ended: mpsc::Sender<()>,
    outcome: mpsc::Receiver<Result<Served, String>>,
}

impl Helper {
    fn start(wired: Wired) -> Option<Self> {
        let (cargo_ended, ended) = mpsc::channel();
        let (send, outcome) = mpsc::channel();
        let work = move || {
            let started = wired.start();
            let _ = ended.recv();
            // One that was slow to start may have served the build all the same; else the first failure tells most.
            let result = match (started, wired.served()) {
                (Err(reason), Err(_)) => Err(reason),
                (_, served) => served,
            };
            // Nobody waits any more: the build has ended without a summary.
            let _ = send.send(result);
        };
        thread::Builder::new().spawn(work).ok()?;
        Some(Self { cargo_ended, outcome })
    }

    fn finish(self) -> Result<Served, String> {
        // If the thread is gone, so is its end of the other channel.
        let _ = self.cargo_ended.send(());
        self.outcome.recv_timeout(PATIENCE).unwrap_or_else(|_| Err("the daemon does not answer".into()))
    }
}

impl Wired {
    /// Lets a daemon that runs take incremental state that is about to be removed. Without one, nothing is kept.
    fn keep_states(&self) {
        if let Ok(mut client) = Client::connect(&self.store) {
            drop(client.ask(&Request::Settle { prime: false }));
        }
    }

    fn start(&self) -> Result<(), String> {
        Client::connect_or_start(&self.store, &self.exe).map(drop).map_err(|e| e.to_string())
    }

    fn served(&self) -> Result<Served, String> {
        let mut client = Client::connect(&self.store).map_err(|e| e.to_string())?;
        let totals = match client.ask(&Request::Stats { session: Some(self.session.clone()) }) {
            Ok(Reply::Stats(stats)) => stats.totals,
            Ok(_) => return Err(CliError::Misunderstood.to_string()),
            Err(e) => return Err(e.to_string()),
        };
        let degraded = match client.ask(&Request::Health) {
            Ok(Reply::Health(health)) => health.degraded,
            _ => None,
        };
        Ok(Served { totals, degraded })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{context::planted::Planted, flags::Seen},
        events::HitKind,
    };

    fn call(line: &str) -> CargoCall {
        let args: Vec<_> = line.split_whitespace().map(Into::into).collect();
        CargoCall { toolchain: None, seen: crate::cli::flags::observe(&args), args, builds: true, cleans: false, prompt: None }
    }

    #[test]
    fn the_exit_code_is_cargos_and_the_environment_is_ours() {
        let mut planted = Planted::new(&[]);
        let log = planted.root().join("log");
        planted.program("cargo", &format!("echo \"$RUSTC_WRAPPER|$*\" > {}; exit 101", log.display()));
        let code = run(&mut planted.ctx, &call("build -p x -- y")).expect("ran");
        assert_eq!(code, 101);
        let logged = std::fs::read_to_string(log).expect("log");
        assert_eq!(logged, format!("{}|build -p x -- y\n", planted.ctx.exe.display()));
    }

    #[test]
    fn without_cargo_there_is_a_hint() {
        let mut planted = Planted::new(&[]);
        let error = run(&mut planted.ctx, &call("build")).expect_err("no cargo");
        assert_eq!(error.exit(), crate::cli::exit::NO_CARGO);
        assert!(error.hint().is_some());
    }

    impl From<Totals> for Served {
        fn from(totals: Totals) -> Self {
            Self { totals, degraded: None }
        }
    }

    #[test]
    fn who_sees_the_summary() {
        let totals = || Totals { hits: [(HitKind::Exact, 2)].into(), saved_ms: 1500, ..Totals::default() };
        let line = "    Hyperopt 2 hits, saved 1.5 s\n";
        let cases = [
            ("build", "auto", false, ""),
            ("build", "auto", true, line),
            ("build -v", "auto", false, line),
            ("build", "always", false, line),
            ("build", "never", true, ""),
            ("build -q", "always", true, ""),
        ];
        for (command, wish, terminal, expected) in cases {
            let mut planted = Planted::new(&[(names::SUMMARY, wish)]);
            planted.ctx.printer.err_is_terminal = terminal;
            tell(&mut planted.ctx, &call(command), &Ok(totals().into()));
            assert_eq!((planted.said.err().as_str(), planted.said.out().as_str()), (expected, ""), "{command} {wish}");
            tell(&mut planted.ctx, &call(command), &Ok(Totals::default().into()));
            assert_eq!(planted.said.err(), expected, "nothing happened, nothing is said");
        }
    }

    #[test]
    fn a_missing_cache_is_said_even_in_logs_unless_quiet() {
        let mut planted = Planted::new(&[]);
        let mut quiet = call("build");
        quiet.seen = Seen { quiet: true, ..Seen::default() };
        tell(&mut planted.ctx, &quiet, &Err("why".into()));
        tell(&mut planted.ctx, &call("build"), &Err("why".into()));
        let told = "    Hyperopt no cache for this build: why\n";
        assert_eq!(planted.said.err(), told);
        let full = |misses| Served { totals: Totals { misses, ..Totals::default() }, degraded: Some("full".into()) };
        tell(&mut planted.ctx, &quiet, &Ok(full([("first-seen".into(), 1)].into())));
        tell(&mut planted.ctx, &call("build"), &Ok(full([].into())));
        assert_eq!(planted.said.err(), told, "nothing was to be kept");
        tell(&mut planted.ctx, &call("build"), &Ok(full([("first-seen".into(), 1)].into())));
        assert_eq!(planted.said.err(), format!("{told}    Hyperopt what was compiled is not kept: full\n"));
    }
}
