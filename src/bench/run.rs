//! One build: started, timed, counted, and ended with everything below it when the user wants an end.

use std::{
    fs::File,
    path::Path,
    process::{Command, ExitStatus, Stdio},
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

use super::{counter::Counter, error::BenchError, tree};
use crate::base::{clock::Stopwatch, fs::at, process};

/// How often is looked whether the user wants an end.
const LOOK: Duration = Duration::from_millis(50);

/// What a build took.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// Seconds by the clock.
    pub wall: f64,
    /// Seconds of all processors, background processes included, until these rested.
    pub cpu: f64,
    /// How often a compiler was started, if that could be counted.
    pub compilers: Option<u64>,
    pub status: ExitStatus,
}

/// The number of the signal that asks for an end.
pub type Stop<'a> = &'a dyn Fn() -> Option<i32>;

/// Runs a command to its end with its output in a file.
///
/// # Errors
/// If it cannot be started, or the user wants an end.
pub fn run(command: &mut Command, log: &Path, counter: Option<&Counter>, stop: Stop<'_>) -> Result<Measured, BenchError> {
    let file = File::create(log).map_err(|e| at(log, e))?;
    let second = file.try_clone().map_err(|e| at(log, e))?;
    command.stdin(Stdio::null()).stdout(file).stderr(second);
    process::dies_with_us(command);
    let (cpu, compilers) = (tree::cpu(), counter.map(Counter::count));
    let clock = Stopwatch::start();
    let mut child = command.spawn().map_err(|e| BenchError::Start(command.get_program().into(), e))?;
    let (ended, end) = channel();
    let waiting = thread::spawn(move || {
        let status = child.wait();
        // Nobody listens any more after a stop.
        drop(ended.send((clock.elapsed(), status)));
    });
    let (wall, status) = loop {
        match end.recv_timeout(LOOK) {
            Ok((wall, status)) => break (wall, status?),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(std::io::Error::other("a thread has failed").into()),
        }
        if let Some(signal) = stop() {
            tree::end();
            drop(waiting.join());
            return Err(BenchError::Stopped(signal));
        }
    };
    tree::settle(stop);
    if let Some(signal) = stop() {
        return Err(BenchError::Stopped(signal));
    }
    let compilers = compilers.zip(counter.map(Counter::count)).map(|(before, after)| after - before);
    Ok(Measured { wall: wall.as_secs_f64(), cpu: tree::cpu() - cpu, compilers, status })
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_build_is_timed_with_its_cpu_time_and_its_log() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let log = dir.path().join("log");
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "n=0; while [ $n -lt 100000 ]; do n=$((n+1)); done; echo done >&2; exit 3"]);
        let measured = run(&mut command, &log, None, &|| None).expect("run");
        assert_eq!((measured.status.code(), measured.compilers), (Some(3), None));
        assert!(measured.wall > 0.0 && measured.cpu > 0.0, "{measured:?}");
        assert_eq!(std::fs::read_to_string(&log).expect("written"), "done\n");
    }
}
