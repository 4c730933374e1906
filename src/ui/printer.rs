//! The two streams: data on stdout, everything said to a person on stderr. The only place that writes to either.
//!
//! It must never decide what is worth saying. A write that fails silences its stream; nothing else fails because of it.

use std::{
    cell::RefCell,
    fmt,
    io::{self, IsTerminal, Write},
    rc::Rc,
    time::Duration,
};

use super::{ColorChoice, Theme, sanitize::clean};

/// When a stream that is full is tried again.
const FULL: Duration = Duration::from_millis(5);

/// Where output goes.
pub struct Printer {
    out: Stream,
    err: Stream,
    /// Whether a person watches stdout.
    pub out_is_terminal: bool,
    /// Whether a person watches stderr.
    pub err_is_terminal: bool,
    /// Status lines and hints are left out; data, warnings and errors stay.
    pub quiet: bool,
}

struct Stream {
    sink: Box<dyn Write>,
    theme: Theme,
    closed: bool,
}

impl Printer {
    /// The streams of this process.
    pub fn new(color: ColorChoice) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        let (out_is_terminal, err_is_terminal) = (out.is_terminal(), err.is_terminal());
        Self {
            out: Stream { sink: Box::new(out), theme: Theme::new(color, out_is_terminal), closed: false },
            err: Stream { sink: Box::new(err), theme: Theme::new(color, err_is_terminal), closed: false },
            out_is_terminal,
            err_is_terminal,
            quiet: false,
        }
    }

    /// A printer into memory, and what it printed.
    pub fn captured(color: ColorChoice) -> (Self, Captured) {
        let captured = Captured::default();
        let stream = |sink: &Shared| Stream { sink: Box::new(sink.clone()), theme: Theme::new(color, false), closed: false };
        let (out, err) = (stream(&captured.out), stream(&captured.err));
        (Self { out, err, out_is_terminal: false, err_is_terminal: false, quiet: false }, captured)
    }

    /// The palette of stdout.
    pub fn out_theme(&self) -> Theme {
        self.out.theme
    }

    /// The palette of stderr.
    pub fn err_theme(&self) -> Theme {
        self.err.theme
    }

    /// Whoever has read one of the streams has gone.
    pub fn is_unread(&self) -> bool {
        self.out.closed || self.err.closed
    }

    /// Data: `text` and a newline on stdout.
    pub fn data(&mut self, text: impl fmt::Display) {
        self.out.line(&text.to_string());
    }

    /// A message: `text` and a newline on stderr.
    pub fn say(&mut self, text: impl fmt::Display) {
        self.err.line(&text.to_string());
    }

    /// Part of a line on stderr, of somebody who speaks slowly; what could drive a terminal has been taken out of it.
    pub fn piece(&mut self, text: &str) {
        self.err.raw(text);
    }

    /// Bytes that another program has written for the terminal behind stderr, as they are. Whether they can still be written.
    pub fn pass_on(&mut self, bytes: &[u8]) -> bool {
        self.err.bytes(bytes);
        !self.err.closed
    }

    /// `error: …` on stderr.
    pub fn error(&mut self, text: impl fmt::Display) {
        let label = self.err.theme.bad("error");
        self.say(format_args!("{label}: {}", clean(&text.to_string())));
    }

    /// `warning: …` on stderr.
    pub fn warning(&mut self, text: impl fmt::Display) {
        let label = self.err.theme.warning("warning");
        self.say(format_args!("{label}: {}", clean(&text.to_string())));
    }

    /// `hint: …` on stderr.
    pub fn hint(&mut self, text: impl fmt::Display) {
        if self.quiet {
            return;
        }
        let label = self.err.theme.literal("hint");
        self.say(format_args!("{label}: {}", clean(&text.to_string())));
    }

    /// A line as cargo writes them: a verb in twelve columns, then the rest.
    pub fn status(&mut self, verb: &str, text: impl fmt::Display) {
        if self.quiet {
            return;
        }
        let verb = self.err.theme.good(format_args!("{verb:>12}"));
        self.say(format_args!("{verb} {}", clean(&text.to_string())));
    }

    /// Tells a terminal that understands it (OSC 9;4) how many per cent of something are done, or that it has ended.
    pub fn tell_terminal(&mut self, percent: Option<u64>) {
        self.err.raw(&match percent {
            Some(percent) => format!("\u{1b}]9;4;1;{}\u{1b}\\", percent.min(100)),
            None => "\u{1b}]9;4;0\u{1b}\\".to_owned(),
        });
    }

    /// As [`Printer::status`], for something that did not go as it should.
    pub fn status_warning(&mut self, verb: &str, text: impl fmt::Display) {
        let verb = self.err.theme.warning(format_args!("{verb:>12}"));
        self.say(format_args!("{verb} {}", clean(&text.to_string())));
    }
}

impl Stream {
    fn line(&mut self, text: &str) {
        self.raw(&format!("{text}\n"));
    }

    fn raw(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        if self.closed || bytes.is_empty() {
            return;
        }
        // One write, so that lines of concurrent writers do not mix.
        let written = write_whole(&mut *self.sink, bytes).and_then(|()| self.sink.flush());
        self.closed = written.is_err();
    }
}

/// As `write_all`, also on a terminal that somebody else has made non-blocking and that is full.
fn write_whole(sink: &mut dyn Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match sink.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(n) => bytes = &bytes[n..],
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => std::thread::sleep(FULL),
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// What a captured printer printed.
#[derive(Default)]
pub struct Captured {
    out: Shared,
    err: Shared,
}

impl Captured {
    /// Everything on stdout.
    pub fn out(&self) -> String {
        self.out.text()
    }

    /// Everything on stderr.
    pub fn err(&self) -> String {
        self.err.text()
    }
}

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.borrow()).into_owned()
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Pipe(Rc<RefCell<u32>>);

    impl Write for Pipe {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            *self.0.borrow_mut() += 1;
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_pipe_is_tried_once() {
        let tries = Rc::new(RefCell::new(0));
        let mut stream = Stream { sink: Box::new(Pipe(tries.clone())), theme: Theme::default(), closed: false };
        stream.line("one");
        stream.line("two");
        assert_eq!(*tries.borrow(), 1);
    }

    #[test]
    fn a_stream_that_is_full_is_tried_again() {
        struct Slow(Rc<RefCell<Vec<u8>>>, u32);
        impl Write for Slow {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                self.1 += 1;
                match self.1 % 3 {
                    0 => self.0.borrow_mut().write(&bytes[..1]),
                    1 => Err(io::ErrorKind::WouldBlock.into()),
                    _ => Err(io::ErrorKind::Interrupted.into()),
                }
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let written = Rc::new(RefCell::new(Vec::new()));
        let mut stream = Stream { sink: Box::new(Slow(written.clone(), 0)), theme: Theme::default(), closed: false };
        stream.line("one");
        assert_eq!((written.borrow().as_slice(), stream.closed), (&b"one\n"[..], false));
    }

    #[test]
    fn data_and_messages_are_apart_and_the_words_do_not_depend_on_colour() {
        let said = |color| {
            let (mut p, captured) = Printer::captured(color);
            p.data("data");
            p.error("it \u{7}broke");
            p.hint("mend it");
            p.status("Hyperopt", "3 hits");
            assert_eq!(captured.out(), "data\n");
            captured.err()
        };
        let plain = said(ColorChoice::Never);
        assert_eq!(plain, "error: it \\u{7}broke\nhint: mend it\n    Hyperopt 3 hits\n");
        let coloured = said(ColorChoice::Always);
        assert_ne!(coloured, plain);
        assert_eq!(strip(&coloured), plain);
    }

    fn strip(text: &str) -> String {
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |all, part| all + part.split_once('m').map_or("", |(_, rest)| rest))
    }
}
