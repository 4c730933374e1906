//! Having a link recorded: rustc is told that its linker is our stand-in, and is not heard to say so.

use std::{
    cell::RefCell,
    ffi::OsString,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitStatus,
};

use super::secrets;
use crate::{artifact::spool, base::text, engine::plan::Linked, ipc::protocol::Recording};

/// A recording that is prepared. What it has written goes with it, unless it was handed over.
pub struct Recorder {
    dir: PathBuf,
    stand_in: PathBuf,
    program: OsString,
}

impl Recorder {
    /// Prepares the directory; `None` if it cannot be had, or names would not read in a message as they are.
    pub fn new(recording: Recording, us: &Path) -> Option<Self> {
        let dir = PathBuf::from(recording.dir);
        let plain =
            |text: &std::ffi::OsStr| text.as_encoded_bytes().iter().all(|b| b.is_ascii_graphic() && !b"\"\\`".contains(b));
        if !plain(dir.as_os_str()) || !plain(&recording.program) {
            return None;
        }
        match spool::prepare(&dir, &recording.program, us) {
            Ok(stand_in) => Some(Self { dir, stand_in, program: recording.program }),
            Err(_) => {
                drop(fs::remove_dir_all(&dir));
                None
            }
        }
    }

    /// What rustc is told. It comes last, and the last one counts.
    pub fn argument(&self) -> OsString {
        let mut argument = OsString::from("-Clinker=");
        argument.push(&self.stand_in);
        argument
    }

    /// Whether a line names our stand-in.
    pub fn speaks(&self, line: &[u8]) -> bool {
        memchr::memmem::find(line, self.stand_in.as_os_str().as_encoded_bytes()).is_some()
    }

    /// The text as it would be without us.
    pub fn unsaid(&self, said: &[u8]) -> Vec<u8> {
        text::replace(said, self.stand_in.as_os_str().as_encoded_bytes(), self.program.as_encoded_bytes())
    }

    /// Hands over what was recorded, if there is anything, and no secret in it.
    pub fn finish(self) -> Linked {
        let objects: Option<Vec<PathBuf>> = spool::read(&self.dir).map(|spool| spool.objects.into_values().collect());
        match objects {
            Some(objects) if secrets::in_files(&objects).is_none() => Linked::Recorded(self.dir.into_os_string()),
            _ => {
                self.discard();
                Linked::Plainly
            }
        }
    }

    /// Says what was held, or leaves that to another compile: a linker that was run and failed has failed by itself, and
    /// anything else that rustc says of our stand-in is our fault. `said` becomes what was really said.
    pub fn settle(&self, held: &[u8], status: ExitStatus, said: &mut Option<Vec<u8>>) -> Settled {
        let ours = !held.is_empty() && !status.success() && !spool::has_failed(&self.dir);
        if ours {
            unsay(said, held);
            return Settled::Again;
        }
        drop(io::stderr().write_all(&self.unsaid(held)));
        *said = said.take().map(|s| self.unsaid(&s));
        Settled::Said
    }

    /// Nothing is to be recorded.
    pub fn discard(self) {
        drop(fs::remove_dir_all(&self.dir));
    }
}

/// Takes what was held, and came last, away from what was said.
pub fn unsay(said: &mut Option<Vec<u8>>, held: &[u8]) {
    *said = said.take().map(|s| s[..s.len().saturating_sub(held.len())].to_vec());
}

/// Whether the compile stands.
#[derive(Debug, PartialEq, Eq)]
pub enum Settled {
    Said,
    /// It has to be done once more, without us.
    Again,
}

/// A writer that passes everything on, up to the first line that `speaks` of what nobody is to hear yet; from there on
/// everything is held.
/// Each line is written by one call.
pub struct Quiet<'a, W, F> {
    pub to: W,
    /// Whether a line is the first to be held.
    pub speaks: F,
    pub held: &'a RefCell<Vec<u8>>,
}

impl<W: Write, F: FnMut(&[u8]) -> bool> Write for Quiet<'_, W, F> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut held = self.held.borrow_mut();
        if !held.is_empty() || (self.speaks)(line) {
            held.extend_from_slice(line);
        } else {
            self.to.write_all(line)?;
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// The lines that have not been said yet; what was said once excuses one line.
pub fn not_yet<'a>(lines: impl Iterator<Item = &'a [u8]>, said: &[u8]) -> Vec<u8> {
    let mut said: Vec<&[u8]> = said.split_inclusive(|b| *b == b'\n').collect();
    let is_new = |line: &&[u8]| match said.iter().position(|s| s == line) {
        Some(at) => {
            said.remove(at);
            false
        }
        None => true,
    };
    lines.filter(is_new).flatten().copied().collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use super::*;

    #[test]
    fn what_speaks_of_a_stand_in_waits() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let recording = Recording { dir: dir.path().join("link").into_os_string(), program: "cc".into() };
        let recorder = Recorder::new(recording, &std::env::current_exe().expect("a test has one")).expect("prepared");
        let (held, mut out) = (RefCell::default(), Vec::new());
        let mut quiet = Quiet { to: &mut out, speaks: |line: &[u8]| recorder.speaks(line), held: &held };
        let speaking = format!("{{linking with `{}` failed}}\n", recorder.stand_in.display());
        for line in ["{one}\n", &speaking, "{two}\n"] {
            quiet.write_all(line.as_bytes()).expect("written");
        }
        assert_eq!(out, b"{one}\n");
        assert_eq!(recorder.unsaid(&held.borrow()), b"{linking with `cc` failed}\n{two}\n");
        let (failed, mut said) = (ExitStatus::from_raw(256), Some(b"one\nheld\n".to_vec()));
        assert_eq!(recorder.settle(b"held\n", failed, &mut said), Settled::Again, "our stand-in was not run");
        assert_eq!(said.as_deref(), Some(&b"one\n"[..]));
        assert_eq!(recorder.settle(b"", failed, &mut said), Settled::Said, "an error that has nothing to do with us");
        spool::note_failure(&recorder.dir);
        assert_eq!(recorder.settle(b"held\n", failed, &mut said), Settled::Said, "the linker has failed by itself");
        assert_eq!(recorder.finish(), Linked::Plainly, "nothing was recorded");
        assert!(!dir.path().join("link").exists());
    }

    #[test]
    fn names_that_do_not_read_as_they_are_written_are_refused() {
        let dir = tempfile::tempdir().expect("temporary directory");
        for (name, program) in [("a b", "cc"), ("a\"b", "cc"), ("\u{e9}", "cc"), ("plain", "c c")] {
            let recording = Recording { dir: dir.path().join(name).into_os_string(), program: program.into() };
            assert!(Recorder::new(recording, Path::new("/bin/true")).is_none(), "{name} {program}");
        }
        assert_eq!(std::fs::read_dir(dir.path()).expect("there").count(), 0);
    }

    #[test]
    fn nothing_is_said_twice() {
        assert_eq!(not_yet(b"a\na\nb\nc\n".split_inclusive(|b| *b == b'\n'), b"a\nb\nd\n"), b"a\nc\n");
    }
}
