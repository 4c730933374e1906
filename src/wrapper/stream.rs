//! The compiler's messages on their way to cargo: passed on line by line, and held back from the first one on that shows
//! a place in a file which is no longer what it was.
//!
//! Notifications of artifacts are held by nobody but `hold`, because cargo waits for them; text that is no message passes as it comes. It
//! must never lose or change a byte: what is held is given to somebody who may know better, else it is written at the end.

use std::{
    collections::BTreeSet,
    io::{self, Read, Write},
    path::PathBuf,
};

use super::compile::MOST;
use crate::rustc::messages;

/// What was held back.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The messages, from the first that shows an old place.
    pub text: Vec<u8>,
    /// Messages that had been passed on before.
    pub before: Vec<u8>,
    /// Files that are no longer what they were.
    pub files: BTreeSet<PathBuf>,
}

/// Messages on their way to `to`.
pub struct Stream<W, F> {
    to: W,
    cwd: PathBuf,
    /// Whether a notification is kept by somebody who will write it later.
    waits: F,
    /// The start of a line that is not complete.
    line: Vec<u8>,
    /// In the middle of a line that is no message.
    in_text: bool,
    /// What was written, unless it was too much to keep.
    shown: Option<Vec<u8>>,
    /// How much is kept.
    most: usize,
    held: Option<Held>,
    /// Nothing is held any more, because there would be too much of it.
    gave_up: bool,
}

impl<W: Write, F: FnMut(&[u8]) -> bool> Stream<W, F> {
    /// Files are named relative to `cwd`; notifications for which `waits` is true are not written here.
    pub fn new(to: W, cwd: PathBuf, waits: F) -> Self {
        Self { to, cwd, waits, line: Vec::new(), in_text: false, shown: Some(Vec::new()), most: MOST, held: None, gave_up: false }
    }

    /// Keeps so much of what is written.
    pub fn keeping(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Takes everything that comes.
    ///
    /// # Errors
    /// If the source cannot be read to its end.
    pub fn copy(&mut self, mut from: impl Read) -> io::Result<()> {
        let mut buffer = [0; 16 * 1024];
        loop {
            match from.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => self.take(&buffer[..n]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|b| *b == b'\n') {
            let ends = piece.ends_with(b"\n");
            if self.in_text || (self.line.is_empty() && !piece.starts_with(b"{")) {
                self.write(piece);
                self.in_text = !ends;
                continue;
            }
            self.line.extend_from_slice(piece);
            if ends {
                let line = std::mem::take(&mut self.line);
                self.message(&line);
            }
        }
    }

    fn message(&mut self, line: &[u8]) {
        let is_artifact = messages::artifact(line).is_some();
        if is_artifact && (self.waits)(line) {
            return self.note(line);
        }
        if self.gave_up || is_artifact {
            return self.write(line);
        }
        let files = messages::stale_files(line, &self.cwd);
        if self.held.is_none() && files.is_empty() {
            return self.write(line);
        }
        let held = self.held.get_or_insert_default();
        held.files.extend(files);
        held.text.extend_from_slice(line);
        if held.text.len() > MOST {
            let text = std::mem::take(&mut held.text);
            self.held = None;
            self.gave_up = true;
            self.write(&text);
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        // A reader that is gone is no concern of ours.
        drop(self.to.write_all(bytes).and_then(|()| self.to.flush()));
        self.note(bytes);
    }

    fn note(&mut self, bytes: &[u8]) {
        self.shown = self.shown.take().filter(|s| s.len() + bytes.len() <= self.most);
        if let Some(shown) = &mut self.shown {
            shown.extend_from_slice(bytes);
        }
    }

    /// Writes what is left: what `instead` makes of the held messages, or they themselves. Gives everything that was
    /// written, unless it was too much.
    pub fn finish(mut self, instead: impl FnOnce(&Held) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        let rest = std::mem::take(&mut self.line);
        if let Some(mut held) = self.held.take() {
            held.before = self.shown.clone().unwrap_or_default();
            let text = if rest.is_empty() { instead(&held) } else { None };
            self.write(&text.unwrap_or(held.text));
        }
        self.write(&rest);
        self.shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARTIFACT: &str = "{\"$message_type\":\"artifact\",\"artifact\":\"/t/a.d\",\"emit\":\"dep-info\"}\n";

    fn diagnostic(message: &str, file: &str, text: &str) -> String {
        format!(
            "{{\"$message_type\":\"diagnostic\",\"message\":\"{message}\",\"level\":\"error\",\"code\":null,\"children\":[],\
             \"spans\":[{{\"file_name\":\"{file}\",\"line_start\":3,\"text\":[{text}],\"expansion\":null}}]}}\n"
        )
    }

    /// What is written, and what was held, for input that comes in pieces of every size.
    fn pass(input: &str, instead: Option<&str>) -> (String, Option<Held>) {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::write(dir.path().join("old.rs"), "").expect("written");
        let mut results = Vec::new();
        for size in [1, 7, input.len().max(1)] {
            let mut out = Vec::new();
            let mut stream = Stream::new(&mut out, dir.path().to_owned(), |_: &[u8]| false);
            input.as_bytes().chunks(size).for_each(|piece| stream.take(piece));
            let mut seen = None;
            let shown = stream.finish(|held| {
                let Held { text, before, files } = held;
                let files = files.iter().filter_map(|f| f.strip_prefix(dir.path()).ok()).map(PathBuf::from).collect();
                seen = Some(Held { text: text.clone(), before: before.clone(), files });
                instead.map(|t| t.as_bytes().to_vec())
            });
            assert_eq!(shown.as_deref(), Some(&out[..]));
            results.push((String::from_utf8(out).expect("text"), seen));
        }
        assert!(results.windows(2).all(|w| w[0] == w[1]), "pieces matter");
        results.swap_remove(0)
    }

    #[test]
    fn everything_passes_unless_a_file_is_old() {
        let warning = diagnostic("w", "new.rs", "{}");
        let gone = diagnostic("w", "gone.rs", "");
        for input in ["", "plain", "plain\n{\n", "{\"odd", &warning, &gone, &format!("{warning}thread panicked\n{ARTIFACT}")] {
            assert_eq!(pass(input, Some("never")), (input.to_owned(), None));
        }
    }

    #[test]
    fn from_the_first_old_place_on_messages_wait_and_artifacts_do_not() {
        let (first, old, last) = (diagnostic("1", "a.rs", "{}"), diagnostic("2", "old.rs", ""), diagnostic("3", "a.rs", "{}"));
        let input = format!("{first}{old}{ARTIFACT}text\n{last}");
        let held = Held {
            text: format!("{old}{last}").into_bytes(),
            before: format!("{first}{ARTIFACT}text\n").into_bytes(),
            files: [PathBuf::from("old.rs")].into(),
        };
        let (out, seen) = pass(&input, Some("truth\n"));
        assert_eq!(out, format!("{first}{ARTIFACT}text\ntruth\n"));
        assert_eq!(seen, Some(held));
        assert_eq!(pass(&input, None).0, format!("{first}{ARTIFACT}text\n{old}{last}"));
    }

    #[test]
    fn too_much_is_not_held() {
        let dir = tempfile::tempdir().expect("temporary directory");
        std::fs::write(dir.path().join("old.rs"), "").expect("written");
        let old = diagnostic(&"x".repeat(1 << 20), "old.rs", "");
        let mut out = Vec::new();
        let mut stream = Stream::new(&mut out, dir.path().to_owned(), |_: &[u8]| false);
        (0..5).for_each(|_| stream.take(old.as_bytes()));
        assert_eq!(stream.finish(|_| Some(Vec::new())), None, "too much to keep");
        assert!(out == old.repeat(5).as_bytes());
    }
}
