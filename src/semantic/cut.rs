//! Where a text may be cut into pieces of whole items: behind lines that are a lone `}`, where no brace is open.
//!
//! A guess that looks at single bytes. It may be wrong both ways, and whoever uses it must find that out.

/// The pieces of `text`, none of them but the last shorter than `least` bytes.
pub fn cut(text: &str, least: usize) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let (piece, behind) = rest.split_at(end(rest.as_bytes(), least).unwrap_or(rest.len()));
        rest = behind;
        Some(piece)
    })
}

/// Where the first piece of `text` ends, if it is not all of it.
fn end(text: &[u8], least: usize) -> Option<usize> {
    let mut depth = 0_i64;
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth -= 1;
                let is_line = text[at..].starts_with(b"}\n") && text[..at].ends_with(b"\n");
                if depth == 0 && is_line && at + 2 >= least {
                    return Some(at + 2);
                }
            }
            b'"' => at = string(text, at)?,
            b'\'' => at = character(text, at),
            b'/' if text[at..].starts_with(b"//") => at += memchr::memchr(b'\n', &text[at..])?,
            b'/' if text[at..].starts_with(b"/*") => at += super::places::block(&text[at..])? - 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The last quote of a string that begins at `at`; it is a raw one if `r` and perhaps `#` stand before it.
fn string(text: &[u8], at: usize) -> Option<usize> {
    let hashes = text[..at].iter().rev().take_while(|b| **b == b'#').count();
    let is_raw = text[..at - hashes].ends_with(b"r");
    let mut end = at + 1;
    loop {
        end += memchr::memchr2(b'"', b'\\', text.get(end..)?)?;
        match text[end] {
            b'"' if !is_raw => return Some(end),
            b'"' if text[end + 1..].iter().take(hashes).filter(|b| **b == b'#').count() == hashes => return Some(end + hashes),
            b'\\' if !is_raw => end += 2,
            _ => end += 1,
        }
    }
}

/// The last byte of a character that begins at `at`; `at` if it is a lifetime, or a character that cannot be mistaken.
fn character(text: &[u8], at: usize) -> usize {
    match text[at + 1..] {
        [b'\\', _, b'\'', ..] => at + 3,
        [_, b'\'', ..] => at + 2,
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_items() {
        for (text, pieces) in [
            ("fn f() {\n}\nfn g() {\n}\n", 2),
            ("fn f() {\n}\n\nuse a;\nfn g() {}\nstruct S {\n}\nuse b;\n", 3),
            ("fn f() {\n}", 1),
            ("mod m {\nfn f() {\n}\n}\nfn g() {}", 2),
            ("fn f() { '{'; '\\''; '\"'; b'}' }\nfn g<'a>() {\n}\nuse a;", 2),
            ("fn f() { \"{\\\"{\"; r\"{\\\"; br##\"{\"# {\"##; // {\n /* { */\n}\nuse a;", 2),
            ("const A: &str = r#\"\nfn f() {\n}\n\"#;\nfn f() {\n}\nuse a;", 2),
            ("fn f() { \"unfinished\n}\n", 1),
            ("", 0),
        ] {
            let found: Vec<&str> = cut(text, 0).collect();
            assert_eq!((found.len(), found.concat().as_str()), (pieces, text));
        }
        assert_eq!(cut("fn f() {\n}\nfn g() {\n}\nuse a;", 12).count(), 2);
    }
}
