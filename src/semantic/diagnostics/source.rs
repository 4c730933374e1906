//! The new text of a changed file, by lines and byte offsets as rustc counts them. Opens no files.

use std::collections::BTreeMap;

use super::{Moved, Unmappable};

/// The changed files among those that messages name, each cut into lines once.
pub(super) struct Files<'a, 'f> {
    moved: &'f dyn Fn(&str) -> Option<Moved<'a>>,
    known: BTreeMap<String, Option<Source<'a>>>,
}

impl<'a, 'f> Files<'a, 'f> {
    pub(super) fn new(moved: &'f dyn Fn(&str) -> Option<Moved<'a>>) -> Self {
        Self { moved, known: BTreeMap::new() }
    }

    /// The new text of a file; `None` if it is unchanged.
    pub(super) fn get(&mut self, name: &str) -> Option<&Source<'a>> {
        if !self.known.contains_key(name) {
            let source = (self.moved)(name).map(Source::new);
            self.known.insert(name.to_owned(), source);
        }
        self.known.get(name).and_then(Option::as_ref)
    }
}

/// One changed file.
pub(super) struct Source<'a> {
    moved: Moved<'a>,
    /// Where each line starts; the empty rest after a final newline is no line, as in rustc.
    starts: Vec<usize>,
}

impl<'a> Source<'a> {
    fn new(moved: Moved<'a>) -> Self {
        let text = moved.new_text;
        // A byte order mark belongs to no line, but counts in offsets.
        let first = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut starts = vec![first];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        starts.retain(|at| *at < text.len());
        Self { moved, starts }
    }

    /// The new number of an old line.
    ///
    /// # Errors
    /// [`Unmappable::Line`] if it has none.
    pub(super) fn map(&self, file: &str, line: u32) -> Result<u32, Unmappable> {
        self.try_map(line).ok_or_else(|| Unmappable::Line { file: file.to_owned(), line })
    }

    /// The new number of an old line, if it has one.
    pub(super) fn try_map(&self, line: u32) -> Option<u32> {
        (self.moved.line)(line).filter(|new| self.line(*new).is_some())
    }

    /// The text of a new line, without its end.
    pub(super) fn line(&self, number: u32) -> Option<&'a str> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        let start = *self.starts.get(index)?;
        let end = self.starts.get(index + 1).copied().unwrap_or(self.moved.new_text.len());
        let line = self.moved.new_text.get(start..end)?;
        Some(line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line)))
    }

    /// Whether the new text begins with a byte order mark.
    pub(super) fn marked(&self) -> bool {
        self.moved.new_text.starts_with('\u{feff}')
    }

    /// Whether the new text begins with a letter or digit.
    pub(super) fn begins_with_letter(&self) -> bool {
        self.moved.new_text.trim_start_matches('\u{feff}').starts_with(char::is_alphanumeric)
    }

    /// Whether a new line has an end, that is, is not cut off by the end of the file.
    pub(super) fn ends(&self, number: u32) -> bool {
        let index = usize::try_from(number).unwrap_or(usize::MAX);
        index < self.starts.len() || (index == self.starts.len() && self.moved.new_text.ends_with('\n'))
    }

    /// The byte offset of a column (from 1, in characters) of a new line; one behind the last character is a column too.
    pub(super) fn offset(&self, line: u32, column: u32) -> Option<u32> {
        let text = self.line(line)?;
        let start = *self.starts.get(usize::try_from(line).ok()?.checked_sub(1)?)?;
        let column = usize::try_from(column).ok()?.checked_sub(1)?;
        let ends = std::iter::once(text.len());
        let within = text.char_indices().map(|(at, _)| at).chain(ends).nth(column)?;
        u32::try_from(start + within).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_offsets() {
        let same = |line| Some(line);
        let source = Source::new(Moved { new_text: "\u{feff}aé\r\n\nb\r\r\nc\n", line: &same });
        let lines: Vec<_> = (0..6).map(|n| source.line(n)).collect();
        assert_eq!(lines, [None, Some("aé"), Some(""), Some("b\r"), Some("c"), None]);
        assert_eq!((source.offset(1, 1), source.offset(1, 3), source.offset(1, 4)), (Some(3), Some(6), None));
        assert_eq!((source.offset(2, 1), source.offset(3, 1), source.offset(4, 0)), (Some(8), Some(9), None));
        assert!(source.ends(4) && !source.ends(5));
        let empty = Source::new(Moved { new_text: "", line: &same });
        assert_eq!((empty.line(1), empty.try_map(1), empty.ends(1)), (None, None, false));
    }
}
