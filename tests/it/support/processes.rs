//! Processes as the kernel shows them: daemons by their store, compilers by their crate and directory.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use super::{Run, Sandbox, exe};

/// Longest wait for something that will certainly happen.
const PATIENCE: Duration = Duration::from_secs(120);

/// A running process.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: i32,
    pub argv: Vec<String>,
}

impl Process {
    /// The process with this number.
    pub fn by_pid(pid: i32) -> Option<Self> {
        let line = fs::read(format!("/proc/{pid}/cmdline")).ok().filter(|l| !l.is_empty())?;
        let argv = line.split(|b| *b == 0).map(|a| String::from_utf8_lossy(a).into_owned()).collect();
        Some(Self { pid, argv })
    }

    pub fn signal(&self, signal: Signal) {
        // It may have ended by itself.
        let _ = kill(Pid::from_raw(self.pid), signal);
    }

    /// Still there, and no zombie.
    pub fn is_running(&self) -> bool {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
    }

    /// Holds a connection.
    pub fn has_socket(&self) -> bool {
        let fds = fs::read_dir(format!("/proc/{}/fd", self.pid)).into_iter().flatten().flatten();
        fds.filter_map(|fd| fs::read_link(fd.path()).ok()).any(|to| to.to_string_lossy().starts_with("socket:"))
    }
}

/// Everything that runs now.
pub fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").expect("Linux").flatten();
    let pids = entries.filter_map(|e| e.file_name().to_string_lossy().parse().ok());
    pids.filter_map(Process::by_pid).filter(Process::is_running).collect()
}

/// The program itself (no wrapper) that compiles this crate for a target directory below `dir`.
pub fn compiler_of(crate_name: &str, dir: &Path) -> Option<Process> {
    all().into_iter().find(|p| {
        // A script is run by its interpreter.
        let is_rustc = |n: usize| p.argv.get(n).is_some_and(|a| Path::new(a).file_name().is_some_and(|n| n == "rustc"));
        p.argv[0] != exe() && (is_rustc(0) || is_rustc(1)) && compiles(p, crate_name, dir)
    })
}

/// Our wrapper around the compiler of this crate.
pub fn wrapper_of(crate_name: &str, dir: &Path) -> Option<Process> {
    all().into_iter().find(|p| p.argv[0] == exe() && compiles(p, crate_name, dir))
}

fn compiles(process: &Process, crate_name: &str, dir: &Path) -> bool {
    let names = process.argv.windows(2).any(|w| w[0] == "--crate-name" && w[1] == crate_name);
    let prefix = format!("{}/", dir.display());
    names && process.argv.windows(2).any(|w| w[0] == "--out-dir" && w[1].starts_with(&prefix))
}

/// Looks until it is there.
#[track_caller]
pub fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5)); // bounded wait: for `what`
    }
}

/// Looks until it holds.
#[track_caller]
pub fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    wait_for(what, || done().then_some(()));
}

/// A command that was started and may be waited for; it is killed if it does not end.
pub struct Running(Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        use std::os::unix::process::CommandExt;

        use nix::sys::signal::{SigHandler, Signal, signal};
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Started in the background of a script, the tests ignore interrupts, and so would everything they start.
        // SAFETY: two system calls between fork and exec; no handler is involved.
        unsafe {
            piped.pre_exec(|| {
                signal(Signal::SIGINT, SigHandler::SigDfl)?;
                signal(Signal::SIGQUIT, SigHandler::SigDfl)?;
                Ok(())
            });
        }
        Self(piped.spawn().expect("started"))
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.0.id()).expect("small")
    }

    /// Waits for its end; a command that hangs is a failed test, not a test that hangs.
    #[track_caller]
    pub fn finish(mut self) -> Run {
        use std::io::Read;
        let (out, err) = (self.0.stdout.take(), self.0.stderr.take());
        let reader = |pipe: Option<Box<dyn Read + Send>>| {
            std::thread::spawn(move || {
                let mut bytes = Vec::new();
                pipe.map(|mut p| p.read_to_end(&mut bytes));
                bytes
            })
        };
        let (out, err) = (reader(out.map(|p| Box::new(p) as _)), reader(err.map(|p| Box::new(p) as _)));
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().expect("waited") {
                break status;
            }
            if start.elapsed() > PATIENCE {
                drop(self.0.kill());
                panic!("a command hangs");
            }
            std::thread::sleep(Duration::from_millis(5)); // bounded wait: for the command's end
        };
        let (stdout, stderr) = (out.join().expect("read"), err.join().expect("read"));
        Run(std::process::Output { status, stdout, stderr })
    }
}

impl Sandbox {
    /// The daemons of this sandbox's store.
    pub fn daemons(&self) -> Vec<Process> {
        let store = self.store();
        let serves =
            |p: &Process| p.argv.get(1).is_some_and(|a| a == "__daemon") && p.argv.get(2).is_some_and(|s| Path::new(s) == store);
        all().into_iter().filter(serves).collect()
    }

    /// `kill -9` of every daemon of this store, stopped ones included.
    pub fn kill_daemons(&self) {
        let daemons = self.daemons();
        daemons.iter().for_each(|d| d.signal(Signal::SIGKILL));
        wait_until("killed daemons", || !daemons.iter().any(Process::is_running));
    }

    /// Our binary, in the background.
    pub fn start(&self, dir: &Path, args: &[&str]) -> Running {
        Running::start(self.command(exe(), dir).args(args))
    }

    /// Waits until a daemon answers, however busy the machine is.
    pub fn ready(&self) {
        wait_until("a daemon", || {
            drop(fs::remove_file(self.store().join("run/breaker")));
            self.ours(&self.path("home"), &["cache", "--size"]).0.status.success()
        });
    }

    /// Waits until everything is stored, without ending the daemon.
    pub fn wait_for_queue(&self) {
        wait_until("an empty queue", || {
            let run = self.ours(&self.path("home"), &["stats", "--json", "--detailed"]);
            run.0.status.success() && run.json()["daemon"]["queued"] == 0
        });
    }
}
