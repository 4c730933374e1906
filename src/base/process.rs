//! Ending a process the way another one ended, starting one that outlives us, and searching `PATH`.

use std::{
    ffi::OsStr,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use nix::{
    errno::Errno,
    sys::{
        signal::{SigHandler, Signal},
        wait::{Id, WaitPidFlag, waitid},
    },
    unistd::Pid,
};

use super::env::names;

/// Ends this process exactly as `status` says: the same exit code, or death by the same signal.
pub fn exit_like(status: ExitStatus) -> ! {
    if let Some(signal) = status.signal().and_then(|s| Signal::try_from(s).ok()) {
        // SAFETY: restoring the default disposition runs no handler of ours.
        let _ = unsafe { nix::sys::signal::signal(signal, SigHandler::SigDfl) };
        let _ = nix::sys::signal::raise(signal);
        exit_now(128 + signal as i32);
    }
    exit_now(status.code().unwrap_or(1))
}

/// The columns of the terminal that stderr is, if it is one; cargo tells them to compilers.
pub fn stderr_width() -> Option<String> {
    // SAFETY: `winsize` is plain numbers, for which nought is a value.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the request fills a `winsize`, which lives as long as the call.
    let result = unsafe { libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    (result == 0 && size.ws_col > 0).then(|| size.ws_col.to_string())
}

/// Ends the process at once, without running destructors of the process.
///
/// The wrapper needs this: it runs before C++ constructors have run, so their destructors must not run either.
pub fn exit_now(code: i32) -> ! {
    use std::io::Write;
    drop(std::io::stdout().flush());
    // SAFETY: `_exit` is always sound; nothing is left to be flushed.
    unsafe { libc::_exit(code) }
}

/// What a detached process keeps of the environment, besides our own variables. It outlives the build, and whatever
/// credentials stand in a build's environment are no business of it.
const KEPT: [&str; 6] = ["PATH", "HOME", "USER", "TMPDIR", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"];

/// Starts `program` in a session of its own with no open streams and a short environment, so that it outlives its parent and
/// its terminal. The handle tells whether it has ended; dropping it changes nothing.
///
/// # Errors
/// If the program cannot be started.
pub fn spawn_detached(program: &Path, args: &[&OsStr], envs: &[(&str, &OsStr)]) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    let kept = |name: &OsStr| {
        let ours = name.as_encoded_bytes().starts_with(names::PREFIX.as_bytes()) && name != names::FAILURES;
        ours || KEPT.iter().any(|k| name == *k)
    };
    command.args(args).current_dir("/").env_clear();
    command.envs(std::env::vars_os().filter(|(name, _)| kept(name))).envs(envs.iter().copied());
    detach(&mut command)
}

/// The same with the environment and the directory that the command has.
///
/// # Errors
/// If the program cannot be started.
pub fn detach(command: &mut Command) -> std::io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // SAFETY: only async-signal-safe calls between fork and exec.
    unsafe {
        command.pre_exec(|| {
            nix::unistd::setsid()?;
            close_inherited();
            Ok(())
        });
    }
    command.spawn()
}

/// Makes the kernel end the child when this process is killed.
pub fn dies_with_us(command: &mut Command) {
    hears_of_our_end(command, Signal::SIGKILL);
}

/// Makes the kernel ask the child to end when this process is killed, so that it can end what it has started.
pub fn is_asked_to_end_with_us(command: &mut Command) {
    hears_of_our_end(command, Signal::SIGTERM);
}

fn hears_of_our_end(command: &mut Command, signal: Signal) {
    #[cfg(target_os = "linux")]
    // SAFETY: one system call between fork and exec.
    unsafe {
        command.pre_exec(move || Ok(nix::sys::prctl::set_pdeathsig(signal)?));
    }
    #[cfg(not(target_os = "linux"))]
    drop((command, signal));
}

/// From now on, what a child leaves running when it ends is a child of this process (Linux; elsewhere, and where it is refused, it
/// is nobody's).
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    let _ = nix::sys::prctl::set_child_subreaper(true);
}

/// Waits until a child has ended. Its number stays its own until somebody takes its status, so nobody else can be meant by it.
pub fn wait_until_ended(child: Pid) {
    while waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT) == Err(Errno::EINTR) {}
}

/// Whether a child has ended; its number stays its own as well.
pub fn has_ended(child: Pid) -> bool {
    use nix::sys::wait::WaitStatus::StillAlive;
    let looked = waitid(Id::Pid(child), WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG);
    !matches!(looked, Ok(StillAlive) | Err(Errno::EINTR))
}

/// Makes the child, and everything that it starts, use only what nobody else wants of processors and disks, in a process
/// group of its own.
pub fn in_the_background(command: &mut Command) {
    command.process_group(0);
    // SAFETY: plain system calls between fork and exec. Each may be refused, and the others still help.
    unsafe {
        command.pre_exec(|| {
            lower_priority();
            Ok(())
        });
    }
}

/// Makes the calling thread, on Linux, yield to everybody else.
pub fn lower_priority() {
    // SAFETY: plain system calls about the caller; the structure outlives the one that reads it.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, 19);
        #[cfg(target_os = "linux")]
        {
            let plain: libc::sched_param = std::mem::zeroed();
            libc::sched_setscheduler(0, libc::SCHED_IDLE, &raw const plain);
            // `IOPRIO_WHO_PROCESS`, and the idle class (3) in the upper bits; libc has no names for them.
            libc::syscall(libc::SYS_ioprio_set, 1, 0, 3 << 13);
        }
    }
}

/// Marks every descriptor above the standard ones close-on-exec (jobserver pipes, cargo's sockets).
fn close_inherited() {
    // SAFETY: closes nothing now; a kernel without the call leaves the descriptors as they are.
    unsafe { libc::syscall(libc::SYS_close_range, 3u32, u32::MAX, libc::CLOSE_RANGE_CLOEXEC) };
}

/// The file that `name` means when it is looked up in `path` (a `PATH` value) from `cwd`.
pub fn which(name: &OsStr, path: &OsStr, cwd: &Path) -> Option<PathBuf> {
    let named = Path::new(name);
    let candidates: Vec<PathBuf> = if named.components().count() > 1 {
        vec![cwd.join(named)]
    } else {
        std::env::split_paths(path).map(|dir| cwd.join(dir).join(named)).collect()
    };
    candidates.into_iter().find(|p| p.is_file())
}

/// Ends the process with a last word on standard error.
pub fn exit_saying(code: i32, text: &str) -> ! {
    use std::io::Write;
    drop(std::io::stderr().write_all(text.as_bytes()));
    exit_now(code)
}
