//! One line of a rendered diagnostic: its text without colours, and what it is. Knows no files and maps nothing; a line that
//! cannot be told apart gives `None`.

use std::ops::Range;

/// A line without colours.
pub(super) struct Line {
    text: String,
    /// For each byte of `text`, where it is in the raw line.
    at: Vec<usize>,
}

/// What a line is. Ranges are into the text without colours.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Kind<'l> {
    /// `  --> path:line:column` or `  ::: path:line:column`; `width` is that of the column of line numbers.
    Header {
        width: usize,
        path: &'l str,
        line: u32,
        field: Range<usize>,
    },
    /// ` 12 | text`, ` 12 - text` and the like; `content` is what follows the sign.
    Row {
        old: u32,
        field: Range<usize>,
        sign: char,
        content: &'l str,
    },
    /// Lines are left out here.
    Gap,
    /// `help: message` and the like, at the start of the line.
    Title,
    Other,
}

impl Line {
    /// `None` for escape sequences that are no colours.
    pub(super) fn read(raw: &str) -> Option<Self> {
        let mut line = Self { text: String::with_capacity(raw.len()), at: Vec::with_capacity(raw.len()) };
        let mut rest = raw.char_indices();
        while let Some((at, c)) = rest.next() {
            if c == '\u{1b}' {
                rest.next().filter(|(_, c)| *c == '[')?;
                let end = rest.find(|(_, c)| !(c.is_ascii_digit() || *c == ';'))?;
                if end.1 != 'm' {
                    return None;
                }
                continue;
            }
            line.text.push(c);
            line.at.extend(at..at + c.len_utf8());
        }
        Some(line)
    }

    /// What the line is, once the width of the column of line numbers is known (from the first header).
    pub(super) fn kind(&self, width: Option<usize>) -> Option<Kind<'_>> {
        let text = self.text.as_str();
        let trimmed = text.trim_start_matches(' ');
        let spaces = text.len() - trimmed.len();
        if spaces > 0
            && let Some(place) = trimmed.strip_prefix("--> ").or_else(|| trimmed.strip_prefix("::: "))
        {
            return header(spaces, place, text.len());
        }
        let within = spaces <= width.unwrap_or(usize::MAX);
        if within && trimmed.starts_with("...") {
            return Some(Kind::Gap);
        }
        if within && trimmed.starts_with(|c: char| c.is_ascii_digit()) {
            return row(text, width);
        }
        Some(if spaces == 0 && !text.is_empty() { Kind::Title } else { Kind::Other })
    }

    /// The raw line with a field of the text replaced; `None` if colours change inside the field.
    pub(super) fn with(&self, raw: &str, field: Range<usize>, text: &str) -> Option<String> {
        let start = *self.at.get(field.start)?;
        let end = self.at.get(field.end.checked_sub(1)?)? + 1;
        if end - start != field.len() {
            return None;
        }
        Some(format!("{}{text}{}", raw.get(..start)?, raw.get(end..)?))
    }

    /// A new number for the field of an old one, aligned as that is; `None` if that cannot be seen.
    pub(super) fn aligned(&self, field: Range<usize>, number: u32) -> Option<String> {
        let old = self.text.get(field)?;
        let new = number.to_string();
        let digits = old.trim();
        if new.len() == digits.len() {
            return Some(old.replace(digits, &new));
        }
        (old.starts_with(' ') && new.len() <= old.len()).then(|| format!("{new:>width$}", width = old.len()))
    }
}

fn header(width: usize, place: &str, len: usize) -> Option<Kind<'_>> {
    let (rest, column) = place.rsplit_once(':')?;
    let (path, line) = rest.rsplit_once(':')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(column) || !digits(line) {
        return None;
    }
    let end = len - column.len() - 1;
    Some(Kind::Header { width, path, line: line.parse().ok()?, field: end - line.len()..end })
}

/// A line that begins with a number, which must fill its column; before the first header there is none.
fn row(text: &str, width: Option<usize>) -> Option<Kind<'_>> {
    let width = width?;
    let old = text.get(..width)?.trim().parse().ok()?;
    let mut rest = text.get(width..)?.strip_prefix(' ')?.chars();
    let sign = rest.next().filter(|c| matches!(c, '|' | '-' | '+' | '~'))?;
    let content = rest.as_str();
    if !content.is_empty() && !content.starts_with(' ') {
        return None;
    }
    Some(Kind::Row { old, field: 0..width, sign, content })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        let kind = |raw: &str, width| format!("{:?}", Line::read(raw).as_ref().and_then(|line| line.kind(width)));
        let header = r#"Some(Header { width: 2, path: "a b:c.rs", line: 12, field: 15..17 })"#;
        assert_eq!(kind("  \u{1b}[1m--> \u{1b}[0ma b:c.rs:12:3", None), header);
        assert_eq!(kind("  --> a.rs", None), "None");
        assert_eq!(kind(" 9 | x", Some(2)), r#"Some(Row { old: 9, field: 0..2, sign: '|', content: " x" })"#);
        assert_eq!(kind("9 | x", Some(2)), "None");
        assert_eq!(kind("9 | x", None), "None");
        assert_eq!(kind("123 | x", Some(2)), "None");
        assert_eq!(kind("...  |", Some(2)), "Some(Gap)");
        assert_eq!(kind("help: x", Some(2)), "Some(Title)");
        assert_eq!(kind("         12 | x", Some(2)), "Some(Other)");
        assert_eq!(kind("\u{1b}]8;;x", Some(2)), "None");
    }

    #[test]
    fn numbers_keep_their_place() {
        let raw = "\u{1b}[94m 9\u{1b}[0m | x";
        let line = Line::read(raw).unwrap();
        let text = line.aligned(0..2, 10).unwrap();
        assert_eq!(line.with(raw, 0..2, &text).unwrap(), "\u{1b}[94m10\u{1b}[0m | x");
        assert_eq!(line.aligned(0..2, 100), None);
        assert_eq!(Line::read("10 | x").unwrap().aligned(0..2, 9), None);
    }
}
