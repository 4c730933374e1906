//! A terminal of our own for a program that is to believe that it writes to one.
//!
//! It passes bytes on as they are: nothing is turned into anything else on the way, nothing is echoed. It is never anybody's
//! controlling terminal, so that keys and signals go where they went before. Where there is none to be had (`/dev/pts` is
//! missing, another system than Linux), the error says so and the program keeps the real one.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read},
    os::{
        fd::{AsFd, AsRawFd},
        unix::fs::OpenOptionsExt,
    },
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::OFlag,
    poll::{PollFd, PollFlags, PollTimeout, poll},
    pty::{PtyMaster, Winsize, grantpt, posix_openpt, unlockpt},
    sys::termios::{SetArg, cfmakeraw, tcgetattr, tcsetattr},
};

mod raw {
    //! The two calls that nothing safe stands in front of.
    nix::ioctl_read_bad!(size_of, nix::libc::TIOCGWINSZ, nix::pty::Winsize);
    nix::ioctl_write_ptr_bad!(resize, nix::libc::TIOCSWINSZ, nix::pty::Winsize);
}

/// Our end of it.
#[derive(Debug)]
pub struct Pty(PtyMaster);

/// What came of waiting.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// So many bytes.
    Bytes(usize),
    /// Nothing yet.
    Silence,
    /// Nobody holds the other end any more, and everything was read.
    End,
}

impl Pty {
    /// Our end and the other one, as wide and as high as `like`. Neither is inherited by programs that are started meanwhile.
    ///
    /// # Errors
    /// If there is none to be had, or `like` is no terminal.
    pub fn open(like: impl AsFd) -> io::Result<(Self, File)> {
        let size = size(like)?;
        // On Linux the flag is set from the beginning, so that no other thread can start a program in between.
        let ours = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC)?;
        grantpt(&ours)?;
        unlockpt(&ours)?;
        let flags = (OFlag::O_NOCTTY | OFlag::O_CLOEXEC).bits();
        let other = OpenOptions::new().read(true).write(true).custom_flags(flags).open(name(&ours)?)?;
        let mut modes = tcgetattr(&other)?;
        cfmakeraw(&mut modes);
        tcsetattr(&other, SetArg::TCSANOW, &modes)?;
        let pty = Self(ours);
        pty.resize(&size)?;
        Ok((pty, other))
    }

    /// Makes it as large as `like`, which may have become larger or smaller.
    pub fn follow(&self, like: impl AsFd) {
        if let (Ok(now), Ok(wanted)) = (size(&self.0), size(like))
            && now != wanted
        {
            // The old size stays, and lines are cut where they were.
            drop(self.resize(&wanted));
        }
    }

    fn resize(&self, size: &Winsize) -> io::Result<()> {
        // SAFETY: the descriptor is open, and the kernel only reads the structure.
        unsafe { raw::resize(self.0.as_raw_fd(), size) }?;
        Ok(())
    }

    /// Waits for at most so long, and reads what there is.
    ///
    /// # Errors
    /// If nothing can be read any more for another reason than the end.
    pub fn hear(&self, into: &mut [u8], patience: Duration) -> io::Result<Heard> {
        match poll(
            &mut [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)],
            PollTimeout::try_from(patience).unwrap_or(PollTimeout::MAX),
        ) {
            Ok(0) | Err(Errno::EINTR) => return Ok(Heard::Silence),
            Ok(_) => {}
            Err(e) => return Err(e.into()),
        }
        match (&self.0).read(into) {
            Ok(0) => Ok(Heard::End),
            Ok(n) => Ok(Heard::Bytes(n)),
            // What is left is read first; then Linux says that there is no other end.
            Err(e) if e.raw_os_error() == Some(Errno::EIO as i32) => Ok(Heard::End),
            Err(e) if matches!(e.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => Ok(Heard::Silence),
            Err(e) => Err(e),
        }
    }
}

/// How many columns a terminal has.
pub fn columns(terminal: impl AsFd) -> Option<usize> {
    size(terminal).ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0)
}

fn size(terminal: impl AsFd) -> io::Result<Winsize> {
    let mut size = Winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is open, and the structure is the one that the kernel fills in.
    unsafe { raw::size_of(terminal.as_fd().as_raw_fd(), &raw mut size) }?;
    Ok(size)
}

#[cfg(target_os = "linux")]
fn name(ours: &PtyMaster) -> io::Result<String> {
    Ok(nix::pty::ptsname_r(ours)?)
}

#[cfg(not(target_os = "linux"))]
fn name(_: &PtyMaster) -> io::Result<String> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use std::{
        io::{IsTerminal, Write},
        process::{Command, Stdio},
    };

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    /// A terminal to be like, as no test has one.
    fn pattern() -> (Pty, File) {
        let ours = posix_openpt(OFlag::O_RDWR | OFlag::O_NOCTTY | OFlag::O_CLOEXEC).expect("a pty");
        grantpt(&ours).expect("granted");
        unlockpt(&ours).expect("unlocked");
        let other = OpenOptions::new().read(true).write(true).open(name(&ours).expect("a name")).expect("opened");
        (Pty(ours), other)
    }

    fn sized(rows: u16, columns: u16) -> (Pty, File) {
        let (pty, other) = pattern();
        pty.resize(&Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).expect("resized");
        (pty, other)
    }

    fn all(pty: &Pty) -> Vec<u8> {
        let (mut text, mut buffer) = (Vec::new(), [0; 512]);
        loop {
            match pty.hear(&mut buffer, LONG).expect("heard") {
                Heard::Bytes(n) => text.extend_from_slice(&buffer[..n]),
                Heard::End => return text,
                Heard::Silence => panic!("nothing comes, and no end"),
            }
        }
    }

    #[test]
    fn every_byte_arrives_as_it_was_written_and_then_comes_the_end() {
        let (_keep, terminal) = sized(24, 100);
        let (pty, mut other) = Pty::open(&terminal).expect("a pty");
        assert!(other.is_terminal());
        let bytes: Vec<u8> = (0..=255_u8).cycle().take(1 << 20).collect();
        let sent = bytes.clone();
        let writer = std::thread::spawn(move || other.write_all(&sent).expect("written"));
        assert!(all(&pty) == bytes, "newlines, control characters and all else are as they were");
        writer.join().expect("ended");
    }

    #[test]
    fn a_program_sees_a_terminal_of_the_right_size() {
        let (_keep, terminal) = sized(24, 100);
        let (pty, other) = Pty::open(&terminal).expect("a pty");
        let mut child = Command::new("sh");
        child.args(["-c", "stty size <&2 >&2; read go; stty size <&2 >&2"]).stdin(Stdio::piped()).stderr(other);
        let mut running = child.spawn().expect("started");
        drop(child);
        let mut buffer = [0; 64];
        assert_eq!(pty.hear(&mut buffer, LONG).expect("heard"), Heard::Bytes(7));
        assert_eq!(&buffer[..7], b"24 100\n");
        pty.follow(sized(30, 40).1);
        running.stdin.take().expect("piped").write_all(b"go\n").expect("written");
        assert_eq!(all(&pty), b"30 40\n");
        assert!(running.wait().expect("ended").success());
        assert_eq!(columns(&terminal), Some(100));
    }

    #[test]
    fn what_is_no_terminal_is_an_error() {
        let file = tempfile::tempfile().expect("a file");
        assert!(Pty::open(&file).is_err());
        assert_eq!(columns(&file), None);
    }
}
