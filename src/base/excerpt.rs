//! One line of a text as a terminal shows it, and where its characters stand: carets under tabs and wide characters.
//!
//! The line is made harmless ([`super::text::visible_char`]) and cut on both sides if it is long. Nothing here fails: ranges that do
//! not fit the line are clamped.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::text::visible_char;

/// Characters that are shown of a long line, and how many of them before what matters.
const SHOWN: usize = 160;
const BEFORE: usize = 40;
/// A line is cut at its beginning only if what matters stands further right than this.
const FAR: usize = 80;

/// A line that is ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    /// The character of the line with which the excerpt begins.
    first: usize,
    /// The terminal column at which each character begins; the last is where the excerpt ends.
    columns: Vec<usize>,
}

impl Excerpt {
    /// Of `line`, cut so that the character `focus` (from 0) stays in sight.
    pub fn new(line: &str, focus: usize) -> Self {
        let first = if focus > FAR { focus - BEFORE } else { 0 };
        let mut shown = Self { text: String::new(), first, columns: Vec::new() };
        let mut column = 0;
        for (n, c) in line.chars().enumerate().skip(first).take(SHOWN + 1) {
            shown.columns.push(column);
            let cut = (n == first && first > 0) || n == first + SHOWN;
            let cell = if cut { '…' } else { visible_char(c) };
            if c == '\t' && !cut {
                shown.text.push_str("    ");
                column += 4;
            } else {
                shown.text.push(cell);
                column += cell.width().unwrap_or(0);
            }
        }
        shown.columns.push(column);
        shown
    }

    /// Terminal columns before some characters of the line (from 0), and how many these take: one at least.
    pub fn columns(&self, characters: Range<usize>) -> (usize, usize) {
        let last = self.columns.len() - 1;
        let at = |n: usize| self.columns[n.saturating_sub(self.first).min(last)];
        let (start, end) = (at(characters.start), at(characters.end));
        (start, end.saturating_sub(start).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_tabs_wide_and_hidden_characters() {
        let shown = Excerpt::new("\tlet 名前 = \u{1b}x;", 0);
        assert_eq!(shown.text, "    let 名前 = ␛x;");
        assert_eq!(shown.columns(5..7), (8, 4));
        assert_eq!(shown.columns(10..11), (15, 1));
        assert_eq!(shown.columns(90..99), (18, 1), "behind the end");
        assert_eq!(Excerpt::new("", 0).columns(0..1), (0, 1));
    }

    #[test]
    fn long_lines_keep_what_matters() {
        let line = format!("{}X{}", "a".repeat(300), "b".repeat(300));
        let shown = Excerpt::new(&line, 300);
        let (indent, width) = shown.columns(300..301);
        assert_eq!((shown.text.chars().nth(indent), width, shown.text.chars().count()), (Some('X'), 1, SHOWN + 1));
    }
}
