//! Text as the compiler takes it in: line ends made one, and refused where looks and meaning may differ.
//!
//! Positions are those of the compiler: lines from 1, columns from 0, in bytes (debug information) and in characters
//! (`column!`, `Location`).

use std::borrow::Cow;

use proc_macro2::LineColumn;

use super::facts::Why;

/// Characters that reorder text on screen; lints speak of them even in comments.
const REORDERING: [char; 12] = [
    '\u{202A}', '\u{202B}', '\u{202C}', '\u{202D}', '\u{202E}', '\u{2066}', '\u{2067}', '\u{2068}', '\u{2069}', '\u{200E}',
    '\u{200F}', '\u{061C}',
];

/// The text with `\n` as its only line end, and whether it had others.
///
/// # Errors
/// What makes a text unfit for reduction before it is even split into tokens.
pub fn normalise(text: &str) -> Result<(Cow<'_, str>, bool), Why> {
    if text.starts_with('\u{feff}') {
        return Err(Why::ByteOrderMark);
    }
    if text.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('[')) {
        return Err(Why::Shebang);
    }
    if text.trim_start().starts_with("---") {
        return Err(Why::Frontmatter);
    }
    // All of them start with one of three bytes, which plain text rarely has.
    if text.bytes().any(|b| b == 0xE2 || b == 0xD8) && text.contains(REORDERING) {
        return Err(Why::Bidi);
    }
    if !text.contains('\r') {
        return Ok((Cow::Borrowed(text), false));
    }
    let unix = text.replace("\r\n", "\n");
    if unix.contains('\r') { Err(Why::LoneCarriageReturn) } else { Ok((Cow::Owned(unix), true)) }
}

/// Whether there is white space to Unicode that the compiler takes for an unknown token.
pub fn has_odd_space(text: &str) -> bool {
    let is_odd = |c: char| c.is_whitespace() && !matches!(c, '\u{9}'..='\u{d}' | ' ' | '\u{85}' | '\u{2028}' | '\u{2029}');
    !text.is_ascii() && text.contains(is_odd)
}

/// Where lines begin.
pub struct Lines<'a> {
    text: &'a str,
    /// Byte offset of each line, and whether it is all ASCII.
    starts: Vec<(usize, bool)>,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut starts = Vec::with_capacity(text.len() / 32);
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            starts.push((at, line.is_ascii()));
            at += line.len();
        }
        starts.push((at, true));
        Self { text, starts }
    }

    /// Of which these are the lines.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// Where the line of this number begins, from 0, and whether it is all ASCII; none behind the last one.
    pub fn line(&self, index: usize) -> Option<(usize, bool)> {
        self.starts.get(index).copied()
    }

    /// How many lines have an end.
    pub fn ends(&self) -> u32 {
        self.text.bytes().filter(|b| *b == b'\n').count() as u32
    }

    /// Byte offset of a position of `proc-macro2`, and its column in bytes.
    pub fn offset(&self, at: LineColumn) -> (usize, usize) {
        let (start, ascii) = self.starts.get(at.line.saturating_sub(1)).copied().unwrap_or((self.text.len(), true));
        let column = if ascii {
            at.column
        } else {
            let line = &self.text[start..];
            line.char_indices().nth(at.column).map_or(line.len(), |(byte, _)| byte)
        };
        (start + column, column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused() {
        assert_eq!(normalise("\u{feff}fn f() {}"), Err(Why::ByteOrderMark));
        assert_eq!(normalise("#!/usr/bin/env x\n"), Err(Why::Shebang));
        assert_eq!(normalise("---\n---\n"), Err(Why::Frontmatter));
        assert_eq!(normalise("// a \u{202E} b"), Err(Why::Bidi));
        assert_eq!(normalise("// a \r b"), Err(Why::LoneCarriageReturn));
        assert_eq!(normalise("#![allow(x)] // é – ü"), Ok((Cow::Borrowed("#![allow(x)] // é – ü"), false)));
        assert_eq!(normalise("a\r\nb"), Ok((Cow::Borrowed("a\nb"), true)));
    }

    #[test]
    fn columns_in_bytes_and_characters() {
        let lines = Lines::new("ab\néü x\n");
        assert_eq!(lines.offset(LineColumn { line: 1, column: 1 }), (1, 1));
        assert_eq!(lines.offset(LineColumn { line: 2, column: 3 }), (8, 5));
        assert_eq!(lines.offset(LineColumn { line: 3, column: 0 }), (10, 0));
    }
}
