//! A miss: run the compiler, pass its output on as it comes, and report what it made.

use std::{
    cell::{Cell, RefCell},
    ffi::OsString,
    io::{self, Read, Write},
    path::Path,
    process::{ExitStatus, Stdio},
    thread,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeValLike,
};

use super::{
    command::Command,
    failure,
    hold::Waiting,
    misfit, place,
    record::{self, Quiet, Recorder, Settled, not_yet},
    secrets,
    stream::Stream,
    tried::Tried,
    truth,
};
use crate::{
    artifact::Cost,
    base::{
        clock::{Stopwatch, wall_nanos},
        failpoint,
        fs::FileSig,
        names::OutputName,
        process,
    },
    engine::plan::{Compiled, Linked, Made, Plan},
    ipc::{
        client::Client,
        protocol::{Hold, Reply, Request},
    },
    rustc::messages,
};

/// More output than this is passed on but not kept, and the result is not stored.
pub(super) const MOST: usize = 4 << 20;

/// Runs the compiler and ends the process as it ended.
pub fn run(
    command: &Command,
    extra: Vec<OsString>,
    mut tried: Tried,
    hold: Hold,
    recorder: Option<Recorder>,
    client: Client,
    ticket: u64,
) -> ! {
    let ours = tried.args.iter().cloned().chain(recorder.iter().map(Recorder::argument));
    let mut child = command.with_extra(extra.iter().cloned().chain(ours).collect());
    child.stdout(Stdio::piped()).stderr(Stdio::piped());
    // Whoever kills the wrapper means the compiler.
    process::dies_with_us(&mut child);
    failpoint::reach("wrapper-before-spawn");
    let watch = Stopwatch::start();
    let started = wall_nanos();
    let Ok(mut running) = child.spawn() else { command.exec() };
    let (out, err) = (running.stdout.take(), running.stderr.take());
    let stdout = thread::spawn(move || out.map(|from| tee(from, io::stdout())).unwrap_or_default());
    let (mut waiting, client) = (Waiting::new(hold), RefCell::new(client));
    let rmeta_ms = Cell::new(None);
    let wait = |line: &[u8]| {
        if messages::artifact(line).is_some_and(|a| a.emit == "metadata") {
            rmeta_ms.set(rmeta_ms.get().or(Some(watch.millis())));
        }
        waiting.takes(line, |path| worth_holding(&mut client.borrow_mut(), ticket, path))
    };
    let held = RefCell::default();
    let speaks = |line: &[u8]| tried.speaks(line) || recorder.as_ref().is_some_and(|r| r.speaks(line));
    let to = Quiet { to: io::stderr(), speaks, held: &held };
    let mut messages = Stream::new(to, std::env::current_dir().unwrap_or_default(), wait);
    let listener = failure::Listener::current();
    if listener.is_some() {
        messages = messages.keeping(failure::MOST);
    }
    let complete = err.is_some_and(|from| messages.copy(from).is_ok());
    let stdout = stdout.join().unwrap_or_default();
    let Ok(mut status) = running.wait() else { process::exit_now(1) };
    let cost = Cost::so_far(watch.millis());
    let mut stderr = messages.finish(|held| truth::instead(&mut client.borrow_mut(), ticket, held, status)).filter(|_| complete);
    let (wall_ms, mut client) = (watch.millis(), client.into_inner());
    let settled = settle(&tried, recorder.as_ref(), &held.into_inner(), status, &mut stderr);
    let linked = match (settled, recorder) {
        (Settled::Said, recorder) => recorder.map_or(Linked::Plainly, Recorder::finish),
        (Settled::Again, recorder) => {
            recorder.into_iter().for_each(Recorder::discard);
            status = plainly(command, extra.clone(), &mut stderr).unwrap_or(status);
            if status.success() && !tried.args.is_empty() {
                drop(client.send(&Request::TriedInVain { ticket }));
            }
            Linked::Plainly
        }
    };
    if let (Some(listener), false, Some(said)) = (&listener, status.success(), stderr.as_deref()) {
        listener.hear(command, said);
    }
    let stderr = stderr.filter(|said| said.len() <= MOST);
    failpoint::reach("wrapper-before-report");
    let said = stderr.as_deref().filter(|_| !status.success());
    let withdrawn = said.zip(command.out_dir()).and_then(|(said, dir)| misfit::withdraw_if(said, dir));
    let mut report = match (report(status, stdout, stderr, cost, started), linked) {
        (Some(result), linked) => Some(Compiled { linked, rmeta_ms: rmeta_ms.get(), ..result }),
        (None, Linked::Recorded(dir)) => {
            drop(std::fs::remove_dir_all(dir));
            None
        }
        (None, _) => None,
    };
    if waiting.holds_back() {
        report = report.and_then(|result| graft(command, extra, &mut client, ticket, result));
        failpoint::reach("wrapper-before-release");
        drop(io::stderr().write_all(&waiting.release()));
    }
    drop(client.send(&match report {
        Some(result) => Request::Compiled { ticket, result: Box::new(result) },
        None => Request::Abandoned { ticket, compile_ms: wall_ms, max_rss_kib: cost.max_rss_kib },
    }));
    if let Some(units) = withdrawn {
        drop(client.send(&Request::SeedsWithdrawn { units }));
    }
    failpoint::reach("wrapper-after-report");
    process::exit_like(status)
}

/// Says what was held back, or leaves that to another compile.
fn settle(tried: &Tried, recorder: Option<&Recorder>, held: &[u8], status: ExitStatus, said: &mut Option<Vec<u8>>) -> Settled {
    if tried.is_suspect(held, status) {
        record::unsay(said, held);
        return Settled::Again;
    }
    match recorder {
        Some(recorder) => recorder.settle(held, status, said),
        None => {
            drop(io::stderr().write_all(held));
            Settled::Said
        }
    }
}

/// Compiles once more, with nothing that is tried and nobody who watches the linker; says what was not said before.
fn plainly(command: &Command, extra: Vec<OsString>, stderr: &mut Option<Vec<u8>>) -> Option<ExitStatus> {
    let mut child = command.with_extra(extra);
    process::dies_with_us(&mut child);
    let output = child.stdin(Stdio::null()).output().ok()?;
    let news = not_yet(output.stderr.split_inclusive(|b| *b == b'\n'), stderr.as_deref().unwrap_or_default());
    drop(io::stderr().write_all(&news));
    *stderr = Some(output.stderr);
    Some(output.status)
}

fn worth_holding(client: &mut Client, ticket: u64, path: &Path) -> bool {
    matches!(client.ask(&Request::Metadata { ticket, path: path.as_os_str().to_owned() }), Ok(Reply::Hold(true)))
}

/// Asks whether the old metadata can go on standing, and puts it in place if so; what there is to report after that.
fn graft(command: &Command, extra: Vec<OsString>, client: &mut Client, ticket: u64, result: Compiled) -> Option<Compiled> {
    let asked = client.ask(&Request::Graft { ticket, outputs: result.outputs.clone() });
    // Without an answer nothing has been touched.
    let Ok(Reply::Graft(plan)) = asked else { return Some(result) };
    match place::all(&plan) {
        Ok(_) => {
            let outputs = result.outputs.iter().map(|old| again(&plan, old)).collect::<Option<Vec<_>>>()?;
            Some(Compiled { outputs, ..result })
        }
        Err(failure) => {
            // One of two files may be in place: only the compiler can make them fit again. It has said what it has to say.
            let mut plain = command.with_extra(extra);
            drop(plain.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status());
            drop(client.send(&Request::PlaceFailed { ticket, detail: failure.detail, blob: failure.blob }));
            None
        }
    }
}

/// An output as it is now.
fn again(plan: &Plan, old: &Made) -> Option<Made> {
    let sig = FileSig::of(&Path::new(&plan.out_dir).join(old.name.as_str())).ok()?;
    Some(Made { sig, ..old.clone() })
}

/// Copies as it comes; what was read, or nothing if it was too much.
fn tee(from: impl Read, to: impl Write) -> Option<Vec<u8>> {
    tee_keeping(MOST, from, to)
}

/// The same with another limit.
pub(super) fn tee_keeping(most: usize, mut from: impl Read, mut to: impl Write) -> Option<Vec<u8>> {
    let mut kept = Some(Vec::new());
    let mut buffer = [0; 16 * 1024];
    loop {
        let n = match from.read(&mut buffer) {
            Ok(0) => return kept,
            Ok(n) => n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(_) => return None,
        };
        drop(to.write_all(&buffer[..n]).and_then(|()| to.flush()));
        kept = kept.filter(|k| k.len() + n <= most);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&buffer[..n]);
        }
    }
}

/// What a successful compile made, with the files as they are now; nothing if they cannot all be vouched for.
fn report(status: ExitStatus, stdout: Option<Vec<u8>>, stderr: Option<Vec<u8>>, cost: Cost, started: i64) -> Option<Compiled> {
    if !status.success() {
        return None;
    }
    let (stdout, stderr) = (stdout?, stderr?);
    let (mut outputs, mut paths) = (Vec::new(), Vec::new());
    for artifact in stderr.split(|b| *b == b'\n').filter_map(messages::artifact) {
        outputs.push(made(&artifact.artifact, artifact.emit)?);
        paths.push(artifact.artifact);
    }
    let Cost { wall_ms, cpu_ms, max_rss_kib } = cost;
    let (secret, linked) = (secrets::in_files(&paths), Linked::Plainly);
    Some(Compiled { outputs, stdout, stderr, wall_ms, cpu_ms, max_rss_kib, rmeta_ms: None, started, secret, linked })
}

impl Cost {
    /// Of all children that have ended.
    fn so_far(wall_ms: u64) -> Self {
        let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return Self { wall_ms, ..Self::default() } };
        let cpu = usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds();
        Self { wall_ms, cpu_ms: u64::try_from(cpu).unwrap_or(0), max_rss_kib: u64::try_from(usage.max_rss()).unwrap_or(0) }
    }
}

pub(super) fn made(path: &Path, emit: String) -> Option<Made> {
    let name = OutputName::new(path.file_name()?.to_str()?).ok()?;
    Some(Made { name, emit, sig: FileSig::of(path).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tee_passes_everything_on_and_keeps_what_is_reasonable() {
        let text = vec![b'x'; MOST + 1];
        let mut out = Vec::new();
        assert_eq!(tee(&text[..], &mut out), None);
        assert_eq!(out.len(), text.len());
        let mut out = Vec::new();
        assert_eq!(tee(&b"short"[..], &mut out).as_deref(), Some(&b"short"[..]));
        assert_eq!(out, b"short");
    }

    #[test]
    fn failures_are_not_reported() {
        use std::os::unix::process::ExitStatusExt;
        let empty = || Some(Vec::new());
        assert!(report(ExitStatus::from_raw(0), empty(), empty(), Cost::default(), 1).is_some());
        assert!(report(ExitStatus::from_raw(256), empty(), empty(), Cost::default(), 1).is_none(), "exit code 1");
        assert!(report(ExitStatus::from_raw(9), empty(), empty(), Cost::default(), 1).is_none(), "killed");
        assert!(report(ExitStatus::from_raw(0), None, empty(), Cost::default(), 1).is_none(), "output not kept");
        let gone = br#"{"$message_type":"artifact","artifact":"/no/such/file","emit":"link"}"#.to_vec();
        assert!(report(ExitStatus::from_raw(0), empty(), Some(gone), Cost::default(), 1).is_none(), "output missing");
    }
}
