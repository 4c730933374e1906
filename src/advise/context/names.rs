//! The names that errors and the code around them mention.
//!
//! What is no name of anything costs a look into a table, so that it is enough to take every word that could be one.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::advise::diagnostic::Diagnostic;

/// Words, and how they were met.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// In a message of the compiler: what the error is about.
    pub told: BTreeSet<String>,
    /// In code.
    pub used: BTreeSet<String>,
    /// Those of either that are called.
    pub called: BTreeSet<String>,
}

impl Names {
    /// What stands between backticks in a message, its labels and notes.
    pub fn of_diagnostic(&mut self, diagnostic: &Diagnostic) {
        let labels = diagnostic.spans.iter().filter_map(|span| span.label.as_deref());
        for text in labels.chain([diagnostic.message.as_str()]) {
            for quoted in text.split('`').skip(1).step_by(2) {
                let words = quoted.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
                self.told.extend(words.map(str::to_owned));
            }
        }
        diagnostic.children.iter().for_each(|child| self.of_diagnostic(child));
    }

    /// Every word of some code.
    pub fn of_code(&mut self, tokens: TokenStream) {
        let mut last: Option<String> = None;
        for token in tokens {
            let word = match &token {
                TokenTree::Ident(ident) => Some(ident.to_string()),
                _ => None,
            };
            if let TokenTree::Group(group) = token {
                if group.delimiter() == Delimiter::Parenthesis
                    && let Some(name) = last.take()
                {
                    self.called.insert(name);
                }
                self.of_code(group.stream());
            }
            self.used.extend(word.clone());
            last = word;
        }
    }

    /// Whether a definition of this name may help.
    pub fn has(&self, name: &str) -> bool {
        self.told.contains(name) || self.used.contains(name)
    }
}
