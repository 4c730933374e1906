//! What an error is like: its code, its message and what stands at its place, with and without the names that are the user's own.
//!
//! Pure. Only digests leave this module, so no message is kept. Where a name could not be found, the name is what the error
//! is about, and it stays.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use regex::{Captures, Regex};

use super::known::is_known;
use crate::{advise::diagnostic::Diagnostic, base::digest::KeyHasher, store::MendKind};

/// Errors that a name is not there: what mends one of them helps nobody with another name.
const NOT_FOUND: [&str; 7] = ["E0405", "E0412", "E0425", "E0432", "E0433", "E0463", "E0583"];

/// What an error is like.
pub fn of(error: &Diagnostic) -> MendKind {
    let digest = |text: &str| {
        KeyHasher::new("kind of error").field("code", error.code().as_bytes()).field("text", text.as_bytes()).finish()
    };
    let text = text(error);
    MendKind { exact: digest(&placeless(&text)), alike: digest(&nameless(&text, NOT_FOUND.contains(&error.code()))) }
}

/// The message, and what is said at the place that it is about.
fn text(error: &Diagnostic) -> String {
    let label = error.primary().and_then(|span| span.label.as_deref()).unwrap_or_default();
    format!("{}\n{label}", error.message)
}

/// None if one of them is wrong, which a test would show; then nothing is taken out, and less is found again.
static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    let new = |pattern: &str| Regex::new(pattern).ok();
    Some(Patterns {
        closure: new(r"\{(closure|async block|async fn body|async closure)[^}]*\}")?,
        file: new(r"(^|[\s`(])(?:[\w.~-]*/)+[\w.-]+(?::\d+)*")?,
        token: new(r#"(?x) (?<text> b?"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)' ) | (?<life> '[A-Za-z_]\w*)
               | (?<path> (?:r\#)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*) | (?<number> \d[\w.]*)"#)?,
        number: new(r"\b\d+\b")?,
        plural: new(
            r"\b(argument|parameter|field|pattern|element|item|value|lifetime|specifier|generic|type|variant|bound|trait)s\b",
        )?,
        verb: new(r"\b(?:were|are)\b")?,
        list: new(
            r"\b((?:field|item|pattern|argument|variant|type|lifetime)s?:?) (`[^`]*`)(?:(?:,| and|, and) `[^`]*`)*(?:,? and \d+ more)?",
        )?,
    })
});

struct Patterns {
    closure: Regex,
    file: Regex,
    token: Regex,
    number: Regex,
    plural: Regex,
    verb: Regex,
    list: Regex,
}

/// Without places in files.
fn placeless(text: &str) -> String {
    let Some(patterns) = &*PATTERNS else { return text.to_owned() };
    let text = patterns.closure.replace_all(text, "{$1}");
    patterns.file.replace_all(&text, "${1}<file>").into_owned()
}

/// Without names of the user's own as well; the first one stays if `keeps_first`. The same name is the same placeholder.
fn nameless(text: &str, keeps_first: bool) -> String {
    let Some(patterns) = &*PATTERNS else { return text.to_owned() };
    let text = placeless(text);
    // As many fields as there are: one kind.
    let text = patterns.list.replace_all(&text, "$1 $2");
    let mut names = Names::default();
    let mut out = String::new();
    for (n, piece) in text.split('`').enumerate() {
        if n % 2 == 0 {
            out.push_str(&words(patterns, piece));
            continue;
        }
        let is_kept = keeps_first && n == 1;
        let piece = if is_kept {
            Cow::Borrowed(piece)
        } else {
            patterns.token.replace_all(piece, |found: &Captures<'_>| names.instead(found))
        };
        out.push('`');
        out.push_str(&piece);
        out.push('`');
    }
    out
}

fn words(patterns: &Patterns, text: &str) -> String {
    let text = patterns.number.replace_all(text, "0");
    let text = patterns.plural.replace_all(&text, "$1");
    patterns.verb.replace_all(&text, |found: &Captures<'_>| if &found[0] == "were" { "was" } else { "is" }).into_owned()
}

/// Placeholders in the order in which names come.
#[derive(Default)]
struct Names(HashMap<String, usize>);

impl Names {
    fn instead(&mut self, found: &Captures<'_>) -> String {
        if found.name("text").is_some() {
            return "\"\"".to_owned();
        }
        if found.name("number").is_some() {
            return "0".to_owned();
        }
        let name = &found[0];
        if name == "'static" || name == "'_" || (found.name("path").is_some() && is_known(name)) {
            return name.to_owned();
        }
        let next = self.0.len() + 1;
        let mark = if name.starts_with('\'') { "'" } else { "" };
        format!("{mark}#{}", self.0.entry(name.to_owned()).or_insert(next))
    }
}

#[cfg(test)]
mod tests;
