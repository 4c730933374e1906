//! What cargo writes to its terminal, with more words in its bar: the bar's frames are found in the stream and written anew, and
//! every other byte goes on as it is, in its order.
//!
//! A frame is what cargo 1.95 writes as one: at the beginning of a line `    Building [==>  ] 3/9: names`, with or without colours,
//! and a carriage return, so that whatever comes next begins at the left edge and cargo's own erasing takes ours away as well.
//! What looks different, in whatever version, is passed on, and the bar is cargo's own. Nothing is kept back but the beginning of
//! what may become a frame, and that only until somebody calls [`Frames::flush`].

use super::sanitize::plain;

/// How a frame begins, colours aside.
const BEGINNING: &[u8] = b"    Building [";
/// Erases to the end of the line.
const ERASE: &[u8] = b"\x1b[K";
/// Longer than any terminal is wide.
const LONGEST: usize = 8 * 1024;

/// One frame of cargo's bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// All of it.
    raw: Vec<u8>,
    /// The verb, with its colours and the blank behind it.
    verb: Vec<u8>,
    /// What it tells the terminal besides (OSC).
    told: Vec<u8>,
    /// Units that are done, and all units.
    pub done: u64,
    pub total: u64,
    /// What is being done now.
    pub names: String,
}

/// Columns that the verb takes.
pub const VERB_COLUMNS: usize = BEGINNING.len() - 1;

/// Where in cargo's stream we are.
#[derive(Debug, Default)]
pub struct Frames {
    /// The line so far, as long as it may become a frame.
    held: Vec<u8>,
    /// The line is none, and goes on as it comes.
    plain: bool,
    /// The last thing that was written is a frame, and this is what was written for it.
    shown: Option<(Frame, Option<String>)>,
}

/// What the beginning of a line may be.
enum Verdict {
    /// Nothing of interest.
    Other,
    /// A frame, so far; where the bar begins, once it has.
    Perhaps(Option<usize>),
    /// A line is erased.
    Erased,
}

impl Frames {
    /// Takes what cargo has written, and adds what is to be written to `out`. `words` are those behind the verb; without any, the
    /// frame stays as it is.
    pub fn take(&mut self, mut bytes: &[u8], out: &mut Vec<u8>, words: impl Fn(&Frame) -> Option<String>) {
        while let Some(&first) = bytes.first() {
            if self.plain {
                let end = memchr::memchr2(b'\n', b'\r', bytes);
                let (line, rest) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
                out.extend_from_slice(line);
                self.plain = end.is_none();
                bytes = rest;
                continue;
            }
            bytes = &bytes[1..];
            self.held.push(first);
            match first {
                b'\r' => self.end_of_frame(out, &words),
                b'\n' => self.pass(out, false),
                _ => match verdict(&self.held) {
                    Verdict::Perhaps(_) => {}
                    Verdict::Erased => self.pass(out, false),
                    Verdict::Other => self.pass(out, true),
                },
            }
        }
    }

    fn end_of_frame(&mut self, out: &mut Vec<u8>, words: impl Fn(&Frame) -> Option<String>) {
        let Some(frame) = Frame::read(&self.held) else { return self.pass(out, false) };
        self.held.clear();
        let words = words(&frame);
        frame.write(words.as_deref(), out);
        self.shown = Some((frame, words));
    }

    fn pass(&mut self, out: &mut Vec<u8>, plain: bool) {
        out.append(&mut self.held);
        self.plain = plain;
        self.shown = None;
    }

    /// Cargo is silent: nothing more is kept back.
    pub fn flush(&mut self, out: &mut Vec<u8>) {
        if !self.held.is_empty() {
            self.pass(out, true);
        }
    }

    /// Something is kept back.
    pub fn is_holding(&self) -> bool {
        !self.held.is_empty()
    }

    /// The frame that can be seen.
    pub fn shown(&self) -> Option<&Frame> {
        self.shown.as_ref().filter(|_| self.held.is_empty()).map(|(frame, _)| frame)
    }

    /// Writes the frame that can be seen once more, if its words have become others.
    pub fn again(&mut self, out: &mut Vec<u8>, words: impl Fn(&Frame) -> Option<String>) {
        if let Some((frame, before)) = self.shown.as_mut().filter(|_| self.held.is_empty()) {
            let now = words(frame);
            if now != *before {
                frame.write(now.as_deref(), out);
                *before = now;
            }
        }
    }

    /// Cargo has ended. A frame that it has left behind is taken away, and so is what it has told the terminal.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        self.flush(out);
        if let Some((frame, _)) = self.shown.take() {
            out.extend_from_slice(ERASE);
            if frame.told.starts_with(b"\x1b]9;4;") {
                out.extend_from_slice(b"\x1b]9;4;0\x1b\\");
            }
        }
    }
}

impl Frame {
    /// A whole one, with the carriage return at its end.
    fn read(raw: &[u8]) -> Option<Self> {
        let Verdict::Perhaps(Some(at)) = verdict(raw) else { return None };
        let rest = std::str::from_utf8(&raw[at..]).ok()?;
        let text = plain(rest);
        let (_, text) = text.split_once("] ")?;
        let (ratio, names) = text.split_once(": ").unwrap_or((text, ""));
        let (done, total) = ratio.trim_end().split_once('/')?;
        let told = rest.find("\u{1b}]").map_or("", |from| {
            let ends = [rest[from..].find('\u{7}').map(|n| n + 1), rest[from..].find("\u{1b}\\").map(|n| n + 2)];
            ends.into_iter().flatten().min().map_or("", |length| &rest[from..from + length])
        });
        Some(Self {
            verb: raw[..at].to_owned(),
            told: told.into(),
            done: done.parse().ok()?,
            total: total.parse().ok()?,
            names: names.trim_end().to_owned(),
            raw: raw.to_owned(),
        })
    }

    fn write(&self, words: Option<&str>, out: &mut Vec<u8>) {
        match words {
            None => out.extend_from_slice(&self.raw),
            Some(words) => {
                [&self.verb, words.as_bytes(), ERASE, &self.told, b"\r"].iter().for_each(|part| out.extend_from_slice(part))
            }
        }
    }
}

fn verdict(line: &[u8]) -> Verdict {
    let (mut at, mut seen) = (0, 0);
    while at < line.len() && seen < BEGINNING.len() {
        if line[at..].starts_with(b"\x1b[") || line[at..] == *b"\x1b" {
            let Some(end) = line[at..].iter().skip(2).position(|b| !b.is_ascii_digit() && *b != b';') else {
                return if line.len() - at > 16 { Verdict::Other } else { Verdict::Perhaps(None) };
            };
            match line[at + 2 + end] {
                b'm' => at += end + 3,
                b'K' if line == ERASE => return Verdict::Erased,
                _ => return Verdict::Other,
            }
        } else if line[at] == BEGINNING[seen] {
            (at, seen) = (at + 1, seen + 1);
        } else {
            return Verdict::Other;
        }
    }
    match seen == BEGINNING.len() {
        _ if line.len() > LONGEST => Verdict::Other,
        true => Verdict::Perhaps(Some(at - 1)),
        false => Verdict::Perhaps(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo 1.95 has written for a package with a build script that warns, to a terminal of 100 columns.
    const REAL: &str = "\u{1b}[1m\u{1b}[92m   Compiling\u{1b}[0m demo v0.1.0 (/tmp/demo)\n\
        \u{1b}[1m\u{1b}[96m    Building\u{1b}[0m [                             ] 0/3: demo(build.rs)                                  \r\
        \u{1b}[1m\u{1b}[96m    Building\u{1b}[0m [========>                    ] 1/3: demo(build)                                     \r\
        \u{1b}[K\u{1b}[1m\u{1b}[33mwarning\u{1b}[0m: demo@0.1.0: hello\n\
        \u{1b}[1m\u{1b}[96m    Building\u{1b}[0m [==================>          ] 2/3: demo(bin)                                       \r\
        \u{1b}[K\u{1b}[1m\u{1b}[92m    Finished\u{1b}[0m `dev` profile [unoptimized + debuginfo] target(s) in 1.49s\n";

    fn through(text: &str, piece: usize, words: impl Fn(&Frame) -> Option<String>) -> String {
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        for bytes in text.as_bytes().chunks(piece) {
            frames.take(bytes, &mut out, &words);
        }
        frames.flush(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn without_words_every_byte_stays() {
        let like = "    Building [x\n    Building [=> ] 1/x\r    Build\u{1b}[1\n\u{1b}[2Kx\r\r\n\u{1b}\u{1b}[    Building";
        let long = format!("    Building [{}\r", "=".repeat(2 * LONGEST));
        for text in [REAL, like, &long, "no newline", "", "\u{1b}[K\u{1b}[K", "über\r\nß"] {
            for piece in [1, 2, 3, 7, 4096] {
                assert_eq!(through(text, piece, |_| None), text, "in pieces of {piece}");
            }
        }
    }

    #[test]
    fn frames_get_other_words_and_nothing_else_changes() {
        let words = |f: &Frame| Some(format!("{} of {}, {}", f.done, f.total, f.names));
        let frame = |words: &str| format!("\u{1b}[1m\u{1b}[96m    Building\u{1b}[0m {words}\u{1b}[K\r");
        let expected: Vec<String> = REAL
            .split_inclusive(['\n', '\r'])
            .map(|line| match line.split_once("] ").filter(|_| line.ends_with('\r')) {
                Some((_, rest)) => frame(&rest.trim_end().replacen('/', " of ", 1).replacen(": ", ", ", 1)),
                None => line.to_owned(),
            })
            .collect();
        assert_eq!(expected.iter().filter(|l| l.contains(" of 3, ")).count(), 3);
        for piece in [1, 5, 4096] {
            assert_eq!(through(REAL, piece, words), expected.concat(), "in pieces of {piece}");
        }
    }

    #[test]
    fn without_colours_and_names_it_is_a_frame_too_and_terminals_are_told_the_same() {
        let told = "\u{1b}]9;4;1;50\u{1b}\\";
        let text = format!("    Building [=>  ] 1/2   {told}\r");
        assert_eq!(through(&text, 1, |f| Some(format!("<{}>", f.names))), format!("    Building <>\u{1b}[K{told}\r"));
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        frames.take(text.as_bytes(), &mut out, |_| None);
        out.clear();
        frames.end(&mut out);
        assert_eq!(out, b"\x1b[K\x1b]9;4;0\x1b\\", "cargo was killed");
        out.clear();
        frames.end(&mut out);
        assert_eq!(out, b"");
    }

    #[test]
    fn only_what_can_be_seen_is_written_again() {
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        frames.take(b"    Building [=>  ] 1/2: a\r", &mut out, |_| Some("one".into()));
        out.clear();
        frames.again(&mut out, |_| Some("one".into()));
        assert_eq!(out, b"", "nothing is new");
        frames.again(&mut out, |_| Some("two".into()));
        assert_eq!(out, b"    Building two\x1b[K\r");
        out.clear();
        frames.take(b"\x1b[", &mut out, |_| None);
        assert!(frames.is_holding() && frames.shown().is_none());
        frames.again(&mut out, |_| Some("three".into()));
        assert_eq!(out, b"", "not before what is kept back");
        frames.take(b"Kwarning", &mut out, |_| None);
        frames.again(&mut out, |_| Some("three".into()));
        frames.end(&mut out);
        assert_eq!(out, b"\x1b[Kwarning", "nothing of ours into somebody's line");
    }
}
