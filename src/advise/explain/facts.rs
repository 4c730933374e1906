//! What is known of one error, and sentences filled with it.
//!
//! In sentences, `{name}` is a value, `{@name}` where a fact was found (`line 7`), `{=name}` what the compiler proposes with it,
//! `{+name}` nothing at all but a condition, `{{` and `}}` braces. A sentence that names what is not known is none.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    entry::{Entry, Texts},
    pattern::{matches, quoted},
};
use crate::advise::diagnostic::{Diagnostic, Span};

/// Where facts are looked for: labels of the place itself, of others (those first), the same with the code that stands there as
/// `{labelled}`, notes and suggestions.
#[cfg(test)]
pub const SOURCES: [&str; 5] = ["primary: ", "label: ", "labelled: ", "note: ", "help: "];

/// Names that are known without an entry that looks for them, as far as the error tells them.
#[cfg(test)]
pub const STANDING: [&str; 24] = [
    "1",
    "2",
    "3",
    "message",
    "code",
    "source",
    "labelled",
    "callee",
    "self_type",
    "trait",
    "macro",
    "partner",
    "compile_error",
    "owned",
    "opened",
    "wrapped",
    "wrap",
    "numbers",
    "reference",
    "path",
    "kind",
    "type",
    "want",
    "have",
];

/// The longest value that is put into a sentence, in characters.
const LONGEST: usize = 100;

/// What is known.
#[derive(Debug, Default)]
pub struct Facts {
    values: BTreeMap<String, String>,
    places: BTreeMap<String, String>,
    offers: BTreeMap<String, String>,
    found: BTreeSet<String>,
}

impl Facts {
    /// What an entry finds in an error; nothing if the entry is about another message.
    pub fn of(error: &Diagnostic, entry: &Entry) -> Option<Self> {
        let mut facts = Self::default();
        facts.standing(error);
        if let Some(when) = &entry.when {
            facts.learn(when.all().iter().find_map(|pattern| matches(pattern, &error.message))?);
        }
        for (name, texts) in &entry.facts {
            facts.look_for(name, texts, error);
        }
        facts.derive();
        Some(facts)
    }

    fn learn(&mut self, found: Vec<(String, String)>) {
        for (name, value) in found {
            let value: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
            let cut = value.char_indices().nth(LONGEST).map_or(value.clone(), |(at, _)| format!("{}…", &value[..at]));
            self.values.entry(name).or_insert(cut);
        }
    }

    fn learn_one(&mut self, name: &str, value: impl Into<String>) {
        self.learn(vec![(name.to_owned(), value.into())]);
    }

    /// What needs no entry.
    fn standing(&mut self, error: &Diagnostic) {
        for (n, name) in quoted(&error.message).into_iter().enumerate() {
            self.learn_one(&(n + 1).to_string(), name);
        }
        self.learn_one("message", error.message.as_str());
        self.learn_one("code", error.code());
        if let Some(callee) = error.children.iter().filter(|c| c.message.ends_with("defined here")).find_map(named) {
            self.learn_one("callee", callee);
        }
        let Some(place) = error.primary() else { return };
        if let Some(source) = place.source() {
            self.learn_one("source", source);
        }
        let expansion = place.expansion.as_ref().map(|e| e.macro_decl_name.clone());
        let line = place.text.first().map_or("", |l| l.text.as_str());
        if let Some(name) = expansion.clone().or_else(|| called_macro(line)) {
            if name.trim_end_matches('!') == "compile_error" {
                self.found.insert("compile_error".into());
            }
            self.learn_one("macro", name.trim_end_matches('!'));
        }
        if let Some((name, of)) = implementation(line) {
            self.learn_one("self_type", of);
            self.learn_one("trait", name);
        }
    }

    fn look_for(&mut self, name: &str, texts: &Texts, error: &Diagnostic) {
        for text in texts.all() {
            let Some((source, pattern)) = text.split_once(": ") else { continue };
            let found = match source {
                "note" | "help" => in_children(error, pattern),
                "primary" => in_labels(error.spans.iter().filter(|s| s.is_primary), pattern),
                _ => in_labels(others_first(error), pattern),
            };
            let Some((captured, span)) = found else { continue };
            self.learn(captured);
            self.found.insert(name.to_owned());
            if let Some(span) = span {
                self.places.insert(name.to_owned(), place(span, error.primary()));
                if let Some(offer) = span.suggested_replacement.as_deref().map(str::trim).filter(|o| !o.is_empty()) {
                    self.offers.insert(name.to_owned(), offer.to_owned());
                }
                if let (true, Some(code)) = (source == "labelled", span.source()) {
                    self.learn_one("labelled", code);
                }
            }
            return;
        }
    }

    /// What follows from other facts.
    fn derive(&mut self) {
        let get = |name: &str| self.values.get(name).cloned().unwrap_or_default();
        let (want, have) = (get("want"), get("have"));
        let partner = match get("labelled").as_str() {
            "(" => ")",
            "[" => "]",
            "{" => "}",
            _ => "",
        };
        let wrap = [("Option<", "Some"), ("Result<", "Ok"), ("Box<", "Box::new"), ("Rc<", "Rc::new"), ("Arc<", "Arc::new")];
        let wrap = wrap.iter().find(|(start, _)| want.starts_with(start) && !have.starts_with(start));
        let opens = ["Option<", "Result<"].iter().any(|start| have.starts_with(start) && !want.starts_with(start));
        let hints = [
            ("owned", want == "String" && have.starts_with('&')),
            ("opened", opens),
            ("wrapped", wrap.is_some()),
            ("numbers", is_number(&want) && is_number(&have)),
            ("reference", want.starts_with('&') != have.starts_with('&') && !want.is_empty() && !have.is_empty()),
        ];
        self.found.extend(hints.iter().filter(|(_, holds)| *holds).map(|(name, _)| (*name).to_owned()));
        if !partner.is_empty() {
            self.learn_one("partner", partner);
        }
        if let Some((_, wrap)) = wrap {
            self.learn_one("wrap", *wrap);
        }
    }

    /// The sentence, if everything that it names is known.
    pub fn fill(&self, sentence: &str) -> Option<String> {
        let mut out = String::new();
        for piece in split(sentence) {
            match piece {
                Piece::Text(text) => out.push_str(&text),
                Piece::Hole(name) => out.push_str(self.hole(&name)?),
            }
        }
        Some(out)
    }

    fn hole(&self, name: &str) -> Option<&str> {
        let text = match (name.chars().next()?, &name[1..]) {
            ('@', name) => self.places.get(name)?,
            ('=', name) => self.offers.get(name)?,
            ('+', name) => return self.found.contains(name).then_some(""),
            _ => self.values.get(name).filter(|v| !v.is_empty())?,
        };
        Some(text)
    }
}

enum Piece {
    Text(String),
    Hole(String),
}

fn split(sentence: &str) -> Vec<Piece> {
    let mut pieces = vec![Piece::Text(String::new())];
    let mut chars = sentence.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '{' && chars.peek() != Some(&'{') {
            pieces.push(Piece::Hole(chars.by_ref().take_while(|c| *c != '}').collect()));
            pieces.push(Piece::Text(String::new()));
        } else if let Some(Piece::Text(text)) = pieces.last_mut() {
            if matches!(c, '{' | '}') && chars.peek() == Some(&c) {
                chars.next();
            }
            text.push(c);
        }
    }
    pieces
}

/// What a sentence names, without the signs.
#[cfg(test)]
pub fn names(sentence: &str) -> Vec<String> {
    let holes = split(sentence).into_iter().filter_map(|p| if let Piece::Hole(name) = p { Some(name) } else { None });
    holes.map(|name| name.trim_start_matches(['@', '=', '+']).to_owned()).collect()
}

type Found<'a> = Option<(Vec<(String, String)>, Option<&'a Span>)>;

fn in_children<'a>(error: &'a Diagnostic, pattern: &str) -> Found<'a> {
    error.children.iter().find_map(|child| {
        let captured = matches(pattern, &child.message)?;
        Some((captured, child.primary().or(child.spans.first())))
    })
}

fn in_labels<'a>(mut spans: impl Iterator<Item = &'a Span>, pattern: &str) -> Found<'a> {
    spans.find_map(|span| Some((matches(pattern, span.label.as_deref()?)?, Some(span))))
}

fn others_first(error: &Diagnostic) -> impl Iterator<Item = &Span> {
    let (primary, others): (Vec<&Span>, Vec<&Span>) = error.spans.iter().partition(|s| s.is_primary);
    others.into_iter().chain(primary)
}

/// `line 7`, or `src/b.rs:7` where that is another file.
fn place(span: &Span, from: Option<&Span>) -> String {
    if from.is_some_and(|f| f.file_name == span.file_name) {
        format!("line {}", span.line_start)
    } else {
        format!("`{}:{}`", span.file_name, span.line_start)
    }
}

/// The name that stands at the place of a note.
fn named(note: &Diagnostic) -> Option<String> {
    let source = note.primary()?.source()?;
    let is_name = source.chars().all(|c| c.is_alphanumeric() || c == '_');
    is_name.then_some(source)
}

/// The macro that a line calls first.
fn called_macro(line: &str) -> Option<String> {
    let (before, _) = line.split_once('!')?;
    let start = before.rfind(|c: char| !c.is_alphanumeric() && c != '_').map_or(0, |at| at + 1);
    (start < before.len()).then(|| format!("{}!", &before[start..]))
}

/// Trait and type of `impl Trait for Type {`, without the impl's own parameters.
fn implementation(line: &str) -> Option<(String, String)> {
    let rest = line.trim_start().trim_start_matches("unsafe ").strip_prefix("impl")?;
    let rest = if rest.starts_with('<') { &rest[closing(rest)?..] } else { rest };
    let (name, of) = rest.split_once(" for ")?;
    let of = of.split(" where ").next().unwrap_or(of).trim().trim_end_matches(['{', '}', ' ']).trim();
    Some((name.trim().to_owned(), of.to_owned()))
}

/// Behind the `>` that closes the `<` with which the text begins.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        depth += match c {
            '<' => 1,
            '>' => -1,
            _ => 0,
        };
        if depth == 0 {
            return Some(at + 1);
        }
    }
    None
}

fn is_number(name: &str) -> bool {
    let sized = |n: &str| ["8", "16", "32", "64", "128", "size"].contains(&n);
    name.strip_prefix(['i', 'u']).is_some_and(sized) || matches!(name, "f32" | "f64" | "integer" | "floating-point number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_filled_or_left_out() {
        let mut facts = Facts::default();
        facts.learn_one("name", "x");
        facts.found.insert("import".into());
        facts.places.insert("first".into(), "line 3".into());
        facts.offers.insert("like".into(), "length".into());
        let fill = |text: &str| facts.fill(text);
        assert_eq!(fill("`{name}` of {@first}{+import}: {{ {=like} }}").as_deref(), Some("`x` of line 3: { length }"));
        for missing in ["{other}", "{@name}", "{=first}", "{+name}", "{}"] {
            assert_eq!(fill(missing), None, "{missing}");
        }
    }

    #[test]
    fn implementations_are_read_from_their_first_line() {
        let read = |line: &str| implementation(line).map(|(t, s)| format!("{t} | {s}"));
        assert_eq!(read("impl Display for Vec<u8> {").as_deref(), Some("Display | Vec<u8>"));
        assert_eq!(read("    unsafe impl<T: A<B>> X<T> for Y<T> where T: Z {}").as_deref(), Some("X<T> | Y<T>"));
        assert_eq!(read("impl Vec<u8> {"), None);
        assert_eq!(called_macro("let x = vek![1, 2];").as_deref(), Some("vek!"));
        assert_eq!(called_macro("a != b"), None);
    }

    #[test]
    fn long_values_are_cut() {
        let mut facts = Facts::default();
        facts.learn_one("type", "é".repeat(LONGEST + 1));
        assert_eq!(facts.fill("{type}").map(|t| t.chars().count()), Some(LONGEST + 1));
    }
}
