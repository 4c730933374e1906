//! A miss: run the compiler, pass its output on as it comes, and report what it made.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    os::unix::process::CommandExt,
    path::Path,
    process::{ExitStatus, Stdio},
    thread,
};

use nix::sys::{
    resource::{UsageWho, getrusage},
    signal::Signal,
    time::TimeValLike,
};

use super::{command::Command, secrets};
use crate::{
    base::{
        clock::{Stopwatch, wall_nanos},
        failpoint,
        fs::FileSig,
        names::OutputName,
        process,
    },
    engine::plan::{Compiled, Made},
    ipc::{client::Client, protocol::Request},
    rustc::messages,
};

/// More output than this is passed on but not kept, and the result is not stored.
const MOST: usize = 4 << 20;

/// Runs the compiler and ends the process as it ended.
pub fn run(command: &Command, extra: Vec<OsString>, mut client: Client, ticket: u64) -> ! {
    let mut child = command.with_extra(extra);
    child.stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(target_os = "linux")]
    // SAFETY: one system call between fork and exec. Whoever kills the wrapper means the compiler.
    unsafe {
        child.pre_exec(|| Ok(nix::sys::prctl::set_pdeathsig(Signal::SIGKILL)?));
    }
    failpoint::reach("wrapper-before-spawn");
    let watch = Stopwatch::start();
    let started = wall_nanos();
    let Ok(mut running) = child.spawn() else { command.exec() };
    let (out, err) = (running.stdout.take(), running.stderr.take());
    let stdout = thread::spawn(move || out.map(|from| tee(from, io::stdout())).unwrap_or_default());
    let stderr = err.map(|from| tee(from, io::stderr())).unwrap_or_default();
    let stdout = stdout.join().unwrap_or_default();
    let Ok(status) = running.wait() else { process::exit_now(1) };
    let wall_ms = watch.millis();
    failpoint::reach("wrapper-before-report");
    let report = report(status, stdout, stderr, wall_ms, started);
    drop(client.send(&match report {
        Some(result) => Request::Compiled { ticket, result: Box::new(result) },
        None => Request::Abandoned { ticket, compile_ms: wall_ms },
    }));
    failpoint::reach("wrapper-after-report");
    process::exit_like(status)
}

/// Copies as it comes; what was read, or nothing if it was too much.
fn tee(mut from: impl Read, mut to: impl Write) -> Option<Vec<u8>> {
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
        kept = kept.filter(|k| k.len() + n <= MOST);
        if let Some(kept) = &mut kept {
            kept.extend_from_slice(&buffer[..n]);
        }
    }
}

/// What a successful compile made, with the files as they are now; nothing if they cannot all be vouched for.
fn report(status: ExitStatus, stdout: Option<Vec<u8>>, stderr: Option<Vec<u8>>, wall_ms: u64, started: i64) -> Option<Compiled> {
    if !status.success() {
        return None;
    }
    let (stdout, stderr) = (stdout?, stderr?);
    let (mut outputs, mut paths) = (Vec::new(), Vec::new());
    for artifact in stderr.split(|b| *b == b'\n').filter_map(messages::artifact) {
        outputs.push(made(&artifact.artifact, artifact.emit)?);
        paths.push(artifact.artifact);
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let cpu = usage.user_time().num_milliseconds() + usage.system_time().num_milliseconds();
    Some(Compiled {
        outputs,
        stdout,
        stderr,
        wall_ms,
        cpu_ms: u64::try_from(cpu).unwrap_or(0),
        max_rss_kib: u64::try_from(usage.max_rss()).unwrap_or(0),
        started,
        secret: secrets::in_files(&paths),
    })
}

fn made(path: &Path, emit: String) -> Option<Made> {
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
        assert!(report(ExitStatus::from_raw(0), empty(), empty(), 1, 1).is_some());
        assert!(report(ExitStatus::from_raw(256), empty(), empty(), 1, 1).is_none(), "exit code 1");
        assert!(report(ExitStatus::from_raw(9), empty(), empty(), 1, 1).is_none(), "killed");
        assert!(report(ExitStatus::from_raw(0), None, empty(), 1, 1).is_none(), "output not kept");
        let gone = br#"{"$message_type":"artifact","artifact":"/no/such/file","emit":"link"}"#.to_vec();
        assert!(report(ExitStatus::from_raw(0), empty(), Some(gone), 1, 1).is_none(), "output missing");
    }
}
