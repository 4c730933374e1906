//! Lines that fit: text with colours, cut or wrapped to a number of columns. Colours end with their line and go on in the next.
//!
//! It sees only text that was sanitised; colours are the only sequences in it.

use unicode_width::UnicodeWidthChar;

/// Columns of a tab.
const TAB: usize = 4;
const RESET: &str = "\u{1b}[0m";

/// Pieces of a line: sequences, which have no width, and characters.
enum Piece<'a> {
    Sequence(&'a str),
    Char(char),
}

fn pieces(mut rest: &str) -> impl Iterator<Item = Piece<'_>> {
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let end = if first == '\u{1b}' { rest.find('m').map(|at| at + 1) } else { None };
        let (piece, end) = match end {
            Some(end) => (Piece::Sequence(&rest[..end]), end),
            None => (Piece::Char(first), first.len_utf8()),
        };
        rest = &rest[end..];
        Some(piece)
    })
}

/// How many columns a line takes.
pub fn width(line: &str) -> usize {
    let of = |piece| match piece {
        Piece::Sequence(_) => 0,
        Piece::Char('\t') => TAB,
        Piece::Char(c) => c.width().unwrap_or(0),
    };
    pieces(line).map(of).sum()
}

/// The line in rows of at most so many columns; an empty line is one row.
pub fn wrap(line: &str, columns: usize) -> Vec<String> {
    let (mut rows, mut row, mut used, mut active) = (Vec::new(), String::new(), 0, String::new());
    for piece in pieces(line) {
        match piece {
            Piece::Sequence(text) => {
                if matches!(text, RESET | "\u{1b}[m") {
                    active.clear()
                } else {
                    active.push_str(text)
                }
                row.push_str(text);
            }
            Piece::Char(c) => {
                let (text, wide) = if c == '\t' { (' ', TAB) } else { (c, c.width().unwrap_or(0)) };
                if used + wide > columns && used > 0 {
                    close(&mut row, &active);
                    rows.push(std::mem::replace(&mut row, active.clone()));
                    used = 0;
                }
                (0..if c == '\t' { TAB.min(columns) } else { 1 }).for_each(|_| row.push(text));
                used += wide;
            }
        }
    }
    close(&mut row, &active);
    rows.push(row);
    rows
}

/// The beginning of a line; `…` tells that there is more.
pub fn cut(line: &str, columns: usize) -> String {
    if width(line) <= columns {
        return wrap(line, columns).swap_remove(0);
    }
    let mut row = wrap(line, columns.saturating_sub(1)).swap_remove(0);
    if columns > 0 {
        row.push('…');
    } else {
        row.clear();
    }
    row
}

fn close(row: &mut String, active: &str) {
    if !active.is_empty() {
        row.push_str(RESET);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_have_the_width_and_lose_nothing() {
        assert_eq!(wrap("", 5), [""]);
        assert_eq!(wrap("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(wrap("a漢字b", 3), ["a漢", "字b"]);
        assert_eq!(wrap("\tx", 8), ["    x"]);
        assert_eq!(wrap("\u{1b}[31mabcd\u{1b}[0me", 3), ["\u{1b}[31mabc\u{1b}[0m", "\u{1b}[31md\u{1b}[0me"]);
        assert_eq!((width("\u{1b}[1;31m漢\u{1b}[0m"), width("\t")), (2, 4));
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
        assert_eq!(cut("\u{1b}[31mabcd", 3), "\u{1b}[31mab\u{1b}[0m…");
        assert_eq!((cut("abc", 0).as_str(), cut("abc", 1).as_str()), ("", "a…"));
    }
}
