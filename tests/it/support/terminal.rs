//! A command on a terminal: its controlling one, with keys, a size, and a screen as a person would see it.

use std::{
    fs::{File, OpenOptions},
    io::{Read, Write},
    num::NonZero,
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::{fs::OpenOptionsExt, process::CommandExt},
    },
    path::PathBuf,
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex},
    thread::JoinHandle,
};

use nix::{
    fcntl::OFlag,
    pty::{PtyMaster, Winsize, grantpt, posix_openpt, ptsname_r, unlockpt},
    sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr},
};

use super::processes::wait_for;

const ROWS: u16 = 24;

nix::ioctl_write_ptr_bad!(resize, nix::libc::TIOCSWINSZ, Winsize);

/// A running command and what it has written so far.
pub struct Terminal {
    ours: File,
    child: Child,
    /// The device that is the command's terminal.
    pub name: PathBuf,
    said: Arc<Mutex<Said>>,
    reader: Option<JoinHandle<()>>,
}

fn some(n: u16) -> NonZero<u16> {
    NonZero::new(n).expect("more than nothing")
}

/// Both ends of a terminal and its device. Closed on exec from the beginning: another test may start a program at any time, which would
/// hold the terminal open until it ends.
fn pair() -> (PtyMaster, File, PathBuf) {
    let master = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a pty");
    grantpt(&master).expect("granted");
    unlockpt(&master).expect("unlocked");
    let name = PathBuf::from(ptsname_r(&master).expect("a name"));
    let flags = OFlag::O_NOCTTY.bits();
    let slave = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&name).expect("opened");
    (master, slave, name)
}

fn set_size(terminal: &File, columns: u16) {
    let size = Winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is open, and the kernel only reads the structure.
    unsafe { resize(terminal.as_raw_fd(), &size) }.expect("resized");
}

struct Said {
    bytes: Vec<u8>,
    screen: vt100::Parser,
}

impl Terminal {
    /// As wide as this. A raw one passes every byte on; others turn newlines into both characters and control characters into signals.
    pub fn start(command: &mut Command, columns: u16, raw: bool) -> Self {
        let (master, slave, name) = pair();
        let ours = File::from(OwnedFd::from(master));
        set_size(&ours, columns);
        if raw {
            let mut modes = tcgetattr(&slave).expect("a terminal");
            cfmakeraw(&mut modes);
            tcsetattr(&slave, SetArg::TCSANOW, &modes).expect("set");
        }
        let stream = || slave.try_clone().expect("cloned");
        command.stdin(stream()).stdout(stream()).stderr(stream());
        let is_set = |command: &Command, name: &str| command.get_envs().any(|(n, _)| n == name);
        for (name, value) in [("TERM", Some("xterm")), ("CI", None), ("TF_BUILD", None), ("NO_COLOR", None)] {
            match value {
                _ if is_set(command, name) => {}
                Some(value) => drop(command.env(name, value)),
                None => drop(command.env_remove(name)),
            }
        }
        // SAFETY: a few system calls between fork and exec.
        unsafe {
            command.pre_exec(|| {
                nix::unistd::setsid()?;
                if nix::libc::ioctl(0, nix::libc::TIOCSCTTY, 0) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
                use nix::sys::signal::{SigHandler, Signal, signal};
                signal(Signal::SIGINT, SigHandler::SigDfl)?;
                signal(Signal::SIGQUIT, SigHandler::SigDfl)?;
                Ok(())
            });
        }
        let child = command.spawn().expect("started");
        // The command holds copies.
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        drop(slave);
        let said = Arc::new(Mutex::new(Said { bytes: Vec::new(), screen: vt100::Parser::new(some(ROWS), some(columns), 0) }));
        let (mut from, to) = (ours.try_clone().expect("cloned"), said.clone());
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = from.read(&mut buffer) {
                let mut said = to.lock().expect("whole");
                said.bytes.extend_from_slice(&buffer[..n]);
                said.screen.process(&buffer[..n]);
            }
        });
        Self { ours, child, name, said, reader: Some(reader) }
    }

    pub fn pid(&self) -> i32 {
        self.child.id().cast_signed()
    }

    /// Makes it wider or narrower.
    pub fn resize(&self, columns: u16) {
        self.said.lock().expect("whole").screen.screen_mut().set_size(some(ROWS), some(columns));
        set_size(&self.ours, columns);
    }

    /// Presses keys.
    pub fn press(&mut self, keys: &str) {
        self.ours.write_all(keys.as_bytes()).expect("written");
    }

    /// What can be seen.
    pub fn screen(&self) -> String {
        self.said.lock().expect("whole").screen.screen().contents()
    }

    /// Everything that was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.said.lock().expect("whole").bytes.clone()
    }

    /// The line of the screen that has this in it, as soon as there is one.
    #[track_caller]
    pub fn line_with(&self, text: &str) -> String {
        wait_for(&format!("{text:?} on a screen"), || {
            self.screen().lines().find(|line| line.contains(text)).map(|line| line.trim_end().to_owned())
        })
    }

    /// Waits for its end, and for all that it has written.
    #[track_caller]
    pub fn finish(&mut self) -> ExitStatus {
        let status = wait_for("the command's end", || self.child.try_wait().expect("waited"));
        if let Some(reader) = self.reader.take() {
            wait_for("the end of its words", || reader.is_finished().then_some(()));
        }
        status
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
