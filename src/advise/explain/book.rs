//! The beginning of what `rustc --explain` prints, as plain sentences.
//!
//! It must never show code or links; what has no sentence before its first example gives nothing.

use super::sentence;

/// Sentences that are kept.
const SENTENCES: usize = 3;

/// What the error is, in at most a few sentences.
pub fn core(explanation: &str) -> Option<String> {
    let mut in_code = false;
    let mut paragraphs: Vec<String> = vec![String::new()];
    for line in explanation.lines().map(str::trim) {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        let heading = line.starts_with('#');
        let reference = line.starts_with('[') && line.contains("]: ");
        if in_code || line.starts_with("```") || heading || reference || line.is_empty() {
            if paragraphs.last().is_some_and(|p| !p.is_empty()) {
                paragraphs.push(String::new());
            }
        } else if let Some(paragraph) = paragraphs.last_mut() {
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line);
        }
    }
    // A paragraph that only announces an example says nothing.
    let first = paragraphs.iter().find(|p| !p.is_empty() && !p.ends_with(':') && !p.contains("example of erroneous"))?;
    let text = without_links(first);
    let mut end = 0;
    for (n, (at, _)) in text.match_indices(". ").chain([(text.len(), "")]).enumerate() {
        end = at;
        if n + 1 == SENTENCES {
            break;
        }
    }
    Some(sentence(&text[..end]))
}

/// `[words](place)` and `[words][name]` become their words, emphasis goes.
fn without_links(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('[') {
        out.push_str(before);
        let Some((words, behind)) = after.split_once(']') else {
            out.push('[');
            rest = after;
            continue;
        };
        let end = match behind.as_bytes().first() {
            Some(b'(') => behind.find(')').map(|at| at + 1),
            Some(b'[') => behind.find(']').map(|at| at + 1),
            _ => None,
        };
        match end {
            Some(end) => {
                out.push_str(words);
                rest = &behind[end..];
            }
            None => {
                out.push('[');
                out.push_str(words);
                out.push(']');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
    out.replace("**", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sentences_without_examples_headings_and_links() {
        let text = "#### Note: this error code is no longer emitted by the compiler.\n\nErroneous code example:\n\n```\nlet x = 1;\n```\n\n\
                    The [size][s] of a value\nis **not** known; see [the book](http://x). One. Two. Three.\n\n[s]: http://y\n";
        assert_eq!(core(text).as_deref(), Some("The size of a value is not known; see the book. One. Two."));
        assert_eq!(core("Erroneous code example:\n\n```\nx\n```\n"), None);
        assert_eq!(core("An array `[u8]` is odd").as_deref(), Some("An array `[u8]` is odd."));
        assert_eq!(core(""), None);
    }
}
