//! Which sentences are said of an error: entries of `texts/*.toml`, by code, in their order.
//!
//! An entry is `when` (patterns of the message, one of which must fit), `facts` (more patterns, of labels and notes) and `say`
//! (sentences). It is chosen if its first sentence can be filled; of the others, those are left out that cannot. A sentence may be
//! a list, of which the first that can be filled is said. See [`super::facts`] for what stands in sentences.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::Deserialize;

use super::facts::Facts;
use crate::advise::diagnostic::Diagnostic;

const TEXTS: [&str; 5] = [
    include_str!("texts/names.toml"),
    include_str!("texts/types.toml"),
    include_str!("texts/borrows.toml"),
    include_str!("texts/items.toml"),
    include_str!("texts/syntax.toml"),
];

/// Of errors that have no code.
const UNCODED: &str = "uncoded";
/// Of lints, which have names for codes.
const LINT: &str = "lint";

/// One or several texts.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    One(String),
    Any(Vec<String>),
}

impl Texts {
    /// All of them.
    pub fn all(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Any(any) => any,
        }
    }
}

/// One way to explain an error.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub when: Option<Texts>,
    #[serde(default)]
    pub facts: BTreeMap<String, Texts>,
    pub say: Vec<Texts>,
}

type Entries = BTreeMap<String, Vec<Entry>>;

static ALL: LazyLock<Entries> = LazyLock::new(|| {
    // A test reads all of them, so that none is missing in what users get.
    let read = TEXTS.iter().filter_map(|text| toml::from_str::<Entries>(text).ok());
    let mut all = Entries::new();
    for (code, entries) in read.flatten() {
        all.entry(code).or_default().extend(entries);
    }
    all
});

/// The explanation, if there is one.
pub fn say(error: &Diagnostic) -> Option<String> {
    let code = match error.code() {
        "" => UNCODED,
        code if is_number(code) => code,
        _ => LINT,
    };
    ALL.get(code)?.iter().find_map(|entry| entry.say(error))
}

/// Codes that have entries.
pub fn codes() -> impl Iterator<Item = &'static str> {
    ALL.keys().map(String::as_str).filter(|code| is_number(code))
}

fn is_number(code: &str) -> bool {
    code.strip_prefix('E').is_some_and(|rest| rest.len() == 4 && rest.bytes().all(|b| b.is_ascii_digit()))
}

impl Entry {
    fn say(&self, error: &Diagnostic) -> Option<String> {
        let facts = Facts::of(error, self)?;
        let mut sentences = self.say.iter().map(|one| one.all().iter().find_map(|text| facts.fill(text)));
        let first = sentences.next()??;
        Some(std::iter::once(first).chain(sentences.flatten()).collect::<Vec<_>>().join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advise::explain::facts;

    #[test]
    fn every_text_can_be_read_and_every_fact_has_a_source() {
        let mut count = 0;
        for text in TEXTS {
            let entries = toml::from_str::<Entries>(text).expect("well formed");
            for (code, entry) in entries.iter().flat_map(|(code, all)| all.iter().map(move |e| (code, e))) {
                count += 1;
                assert!(is_number(code) || [UNCODED, LINT].contains(&code.as_str()), "{code}");
                for fact in entry.facts.values().flat_map(Texts::all) {
                    assert!(facts::SOURCES.iter().any(|s| fact.starts_with(s)), "{code}: {fact}");
                }
                for sentence in entry.say.iter().flat_map(Texts::all) {
                    let plain = !sentence.contains('!') || sentence.contains("!(") || sentence.contains('`');
                    assert!(plain && sentence.trim() == sentence, "{code}: {sentence}");
                    assert!(sentence.matches('`').count().is_multiple_of(2), "{code}: {sentence}");
                }
            }
        }
        assert!(count > 200 && codes().count() > 150, "{count}");
    }

    #[test]
    fn names_in_sentences_are_defined_somewhere() {
        for (code, entry) in ALL.iter().flat_map(|(code, all)| all.iter().map(move |e| (code, e))) {
            let known: Vec<&str> = entry
                .when
                .iter()
                .chain(entry.facts.values())
                .flat_map(Texts::all)
                .flat_map(|p| p.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name)))
                .chain(entry.facts.keys().map(String::as_str))
                .chain(facts::STANDING)
                .collect();
            for sentence in entry.say.iter().flat_map(Texts::all) {
                for name in facts::names(sentence) {
                    assert!(known.contains(&name.as_str()), "{code}: {{{name}}} in {sentence}");
                }
            }
        }
    }
}
