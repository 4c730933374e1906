//! Byte strings with paths in them: replacing prefixes by placeholders and back, and quantities for people.

/// Replaces every occurrence of `from` in `text`.
pub fn replace(text: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    if from.is_empty() {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = 0;
    for at in memchr::memmem::find_iter(text, from) {
        out.extend_from_slice(&text[rest..at]);
        out.extend_from_slice(to);
        rest = at + from.len();
    }
    out.extend_from_slice(&text[rest..]);
    out
}

/// Bytes as `1.2 GB` (powers of 1000, one decimal).
pub fn bytes(n: u64) -> String {
    let mut value = n as f64;
    for unit in ["B", "kB", "MB", "GB"] {
        if value < 1000.0 {
            return if unit == "B" { format!("{n} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1} TB")
}

/// Milliseconds as `740 ms`, `3.2 s` or `4 min 12 s`.
pub fn millis(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} ms"),
        1_000..60_000 => format!("{:.1} s", n as f64 / 1e3),
        _ => format!("{} min {} s", n / 60_000, n / 1_000 % 60),
    }
}

/// `1 unit`, `2 units`.
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// The candidate closest to `word`, if one is close enough to be meant.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::normalized_damerau_levenshtein(word, c), c))
        .filter(|(score, _)| *score >= 0.6)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, c)| c)
}

/// Text that others wrote, made safe for a terminal: neither escapes nor line breaks nor reordering survive.
pub fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

/// One character of [`visible`]: control characters become their pictures, invisible and reordering ones a stand-in.
pub fn visible_char(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities() {
        assert_eq!((bytes(999), bytes(1_500), bytes(2_000_000_000)), ("999 B".into(), "1.5 kB".into(), "2.0 GB".into()));
        assert_eq!((millis(740), millis(3_200), millis(252_000)), ("740 ms".into(), "3.2 s".into(), "4 min 12 s".into()));
        assert_eq!(count(1, "unit") + &count(2, "miss"), "1 unit2 misss");
    }

    #[test]
    fn replacing() {
        assert_eq!(replace(b"a/x:a/y", b"a/", b"$"), b"$x:$y");
        assert_eq!(replace(b"abc", b"", b"z"), b"abc");
    }

    #[test]
    fn foreign_text_cannot_drive_the_terminal() {
        assert_eq!(visible("a\x1b[31mb\n\u{202e}c\u{9b}ä"), "a␛[31mb␊\u{fffd}c\u{fffd}ä");
    }

    #[test]
    fn suggestions() {
        assert_eq!(did_you_mean("max_size", ["max_size_gb", "path"]), Some("max_size_gb"));
        assert_eq!(did_you_mean("zzz", ["max_size_gb", "path"]), None);
    }
}
