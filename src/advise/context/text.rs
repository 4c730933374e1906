//! Lines and pieces of a text, cut where lines end.
//!
//! Lines are counted from 1. What lies outside of the text is empty.

use std::ops::Range;

/// These lines, with the newline of all but the last.
pub(super) fn lines(text: &str, range: Range<usize>) -> String {
    let skipped = range.start.saturating_sub(1);
    text.lines().skip(skipped).take(range.end.saturating_sub(range.start)).collect::<Vec<_>>().join("\n")
}

/// As many whole lines as fit into so many bytes; of a first line that does not, its beginning.
pub(super) fn head(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let cut = text.floor_char_boundary(bytes);
    text[..cut].rfind('\n').map_or(&text[..cut], |end| &text[..end])
}
