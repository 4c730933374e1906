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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_defused() {
        assert_eq!(clean("a\tb\nç"), "a\tb\nç");
        assert_eq!(clean("\u{1b}[31m"), "\\u{1b}[31m");
        assert_eq!(clean("a\u{202e}b\r\u{9b}"), "a\\u{202e}b\\u{d}\\u{9b}");
    }
}
