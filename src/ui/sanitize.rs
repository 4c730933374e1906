//! Text that others wrote (crate names, paths, errors of other programs) must not drive the terminal.
//!
//! It never fails: what could act on a terminal, or reorder what is read, becomes `\u{…}`.

use std::borrow::Cow;

/// `text` with every control character but newline and tab, and every bidirectional override, made visible.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if acts(c) { out.extend(c.escape_unicode()) } else { out.push(c) }
    }
    Cow::Owned(out)
}

fn acts(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `text` with colours and nothing else that could drive the terminal: sequences that set colours or bold pass, all other
/// escape sequences go, and what is left of control characters becomes visible as in [`clean`]. Carriage returns at the end of
/// a line go as well.
pub fn styled(text: &str) -> String {
    sequences(text, true)
}

/// `text` without any escape sequences, and harmless.
pub fn plain(text: &str) -> String {
    sequences(text, false)
}

fn sequences(text: &str, keep_colors: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['\u{1b}', '\u{9b}']) {
        push_clean(&mut out, &rest[..at]);
        let (end, is_color) = sequence(&rest[at..]);
        if is_color && keep_colors {
            out.push_str(&rest[at..at + end]);
        }
        rest = &rest[at + end..];
    }
    push_clean(&mut out, rest);
    out
}

fn push_clean(out: &mut String, text: &str) {
    for (n, line) in text.split('\n').enumerate() {
        if n > 0 {
            out.push('\n');
        }
        out.push_str(&clean(line.trim_end_matches('\r')));
    }
}

/// How long the escape sequence is with which `text` begins, and whether all that it does is to set colours.
fn sequence(text: &str) -> (usize, bool) {
    let mut chars = text.char_indices();
    let intro = chars.next().map(|(_, c)| c);
    let kind = if intro == Some('\u{9b}') { Some('[') } else { chars.next().map(|(_, c)| c) };
    match kind {
        Some('[') => {
            let start = chars.offset();
            // Parameters and intermediates, then one final character.
            match chars.find(|(_, c)| !matches!(c, ' '..='?')) {
                Some((at, 'm')) => (at + 1, intro == Some('\u{1b}') && sets_colors(&text[start..at])),
                Some((at, '@'..='~')) => (at + 1, false),
                // Cut short by something that is no part of it.
                Some((at, _)) => (at, false),
                None => (text.len(), false),
            }
        }
        // Titles, links, and other strings: until BEL or ST.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let end = text.find(['\u{7}', '\u{9c}']).map(|at| at + text[at..].chars().next().map_or(1, char::len_utf8));
            let st = text[1..].find("\u{1b}\\").map(|at| at + 3);
            (end.into_iter().chain(st).min().unwrap_or(text.len()), false)
        }
        Some(c) => (1 + c.len_utf8(), false),
        None => (text.len(), false),
    }
}

/// Foreground, background, bold, dim, italic and underlined, and the ends of all that; nothing that hides, blinks or swaps.
fn sets_colors(parameters: &str) -> bool {
    let mut codes = parameters.split([';', ':']).map(|code| if code.is_empty() { Ok(0) } else { code.parse::<u16>() });
    while let Some(code) = codes.next() {
        let values = match code {
            Ok(0..=4 | 22..=24 | 30..=37 | 39..=47 | 49 | 90..=97 | 100..=107) => 0,
            Ok(38 | 48) => match codes.next() {
                Some(Ok(5)) => 1,
                Some(Ok(2)) => 3,
                _ => return false,
            },
            _ => return false,
        };
        if !(0..values).all(|_| matches!(codes.next(), Some(Ok(0..=255)))) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_defused() {
        assert_eq!(clean("a\tb\nç"), "a\tb\nç");
        assert_eq!(clean("\u{1b}[31m"), "\\u{1b}[31m");
        assert_eq!(clean("a\u{202e}b\r\u{9b}"), "a\\u{202e}b\\u{d}\\u{9b}");
    }

    #[test]
    fn colours_pass_and_nothing_else_does() {
        let kept = ["\u{1b}[0m", "\u{1b}[m", "\u{1b}[1;31mx\u{1b}[0m", "\u{1b}[38;5;9m", "\u{1b}[38;2;1;2;3m", "a\nb\tc"];
        for text in kept {
            assert_eq!(styled(text), text);
        }
        let gone = [
            "\u{1b}[2J",
            "\u{1b}[8m",
            "\u{1b}[5m",
            "\u{1b}[?1049h",
            "\u{1b}]0;title\u{7}",
            "\u{1b}]8;;http://x\u{1b}\\",
            "\u{1b}c",
            "\u{1b}[1;31H",
            "\u{1b}Pq\u{1b}\\",
            "\u{1b}",
            "\u{1b}[",
            "\u{1b}]",
            "\u{9b}2J",
            "\u{1b}[38;5m",
            "\u{1b}[38;5;999m",
            "\r",
        ];
        for text in gone {
            assert_eq!(styled(text), "", "{text:?}");
            assert_eq!(plain(text), "", "{text:?}");
        }
        assert_eq!(plain("\u{1b}[1mbold\u{1b}[0m\r\nnext\r"), "bold\nnext");
        assert_eq!(styled("a\rb\u{8}"), "a\\u{d}b\\u{8}");
        assert_eq!(styled("\u{1b}[3\u{1b}[31mx"), "\u{1b}[31mx");
    }
}
