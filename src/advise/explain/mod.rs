//! Plain explanations of errors: what is wrong and what usually helps, with the names that the compiler has told.
//!
//! The sentences are data (`texts/*.toml`); `entry` chooses among them and `facts` fills them. What has no sentences of ours
//! gets the beginning of what `rustc --explain` says (`book`), else the compiler's own notes. It must never guess a name: a
//! sentence that lacks one is left out. Nothing here fails, and nothing is cleaned for a terminal: whoever shows it does that.

mod book;
mod entry;
mod facts;
mod pattern;

use super::diagnostic::Diagnostic;

/// Where the words of an explanation come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Sentences of this program.
    Ours,
    /// The beginning of `rustc --explain`.
    Book,
    /// What the compiler has noted beside the error.
    Notes,
}

/// What is wrong, in a few sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    pub text: String,
    pub words: Words,
}

/// Explains an error; nothing if the message is all that is known.
pub fn explain(error: &Diagnostic) -> Option<Explanation> {
    let book = || error.code.as_ref().and_then(|c| c.explanation.as_deref()).and_then(book::core);
    entry::say(error)
        .map(|text| Explanation { text, words: Words::Ours })
        .or_else(|| book().map(|text| Explanation { text, words: Words::Book }))
        .or_else(|| notes(error).map(|text| Explanation { text, words: Words::Notes }))
}

/// Codes for which there are sentences of ours.
pub fn codes() -> impl Iterator<Item = &'static str> {
    entry::codes()
}

/// What stands at the place and beside the message, where that says more than the message.
fn notes(error: &Diagnostic) -> Option<String> {
    let label = error.primary().and_then(|s| s.label.as_deref()).filter(|l| !l.is_empty() && *l != error.message);
    let notes = error.children.iter().filter(|c| matches!(c.level.as_str(), "note" | "help")).map(|c| c.message.as_str());
    let said: Vec<String> = label.into_iter().chain(notes).take(2).map(sentence).collect();
    (!said.is_empty()).then(|| said.join(" "))
}

/// With a capital letter and a full stop, in one line.
fn sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut chars = text.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    let stop = if text.ends_with(['.', '!', '?', ':']) { "" } else { "." };
    format!("{first}{}{stop}", chars.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advise::diagnostic::{Code, Span};

    fn coded(code: &str, message: &str, explanation: Option<&str>) -> Diagnostic {
        let code = (!code.is_empty()).then(|| Code { code: code.into(), explanation: explanation.map(str::to_owned) });
        Diagnostic { code, message: message.into(), level: "error".into(), ..Default::default() }
    }

    #[test]
    fn sentences_of_ours_come_before_the_book_and_that_before_notes() {
        let ours = explain(&coded("E0614", "type `u32` cannot be dereferenced", Some("Other."))).expect("known");
        assert!(ours.words == Words::Ours && ours.text.contains("`u32`"), "{ours:?}");
        let book = explain(&coded("E9999", "odd", Some("Something odd was done.\n\nErroneous code example:\n\n```\n```\n")));
        assert_eq!(book, Some(Explanation { text: "Something odd was done.".into(), words: Words::Book }));
        let mut odd = coded("", "nothing that anybody has seen", None);
        assert_eq!(explain(&odd), None);
        odd.spans = vec![Span { is_primary: true, label: Some("not like\nthis".into()), ..Default::default() }];
        assert_eq!(explain(&odd), Some(Explanation { text: "Not like this.".into(), words: Words::Notes }));
    }

    #[test]
    fn a_lint_that_was_made_an_error_is_told_from_a_mistake() {
        let lint = explain(&coded("clippy::needless_return", "unneeded `return` statement", None)).expect("known");
        assert!(lint.text.contains("`clippy::needless_return`"), "{lint:?}");
    }
}
