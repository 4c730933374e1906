//! What a model has written: an explanation, then a block of JSON.
//!
//! It is text of a stranger. It is stripped of whatever acts on a terminal, on its way to the screen as well; proposed changes
//! that hold such characters, or leave the workspace, are not taken over; and whatever cannot be understood is text.

use std::path::{Component, Path};

use serde::Deserialize;

use crate::{
    advise::{redact::REDACTED, replacement::Replacement},
    ui::sanitize,
};

const FENCE: &str = "```json";
/// More would be a program of its own.
const MOST_REPLACEMENTS: usize = 20;

/// An answer taken apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Reply {
    pub explanation: String,
    pub confidence: Option<f32>,
    pub replacements: Vec<Replacement>,
}

/// The block of JSON; everything may be missing.
#[derive(Deserialize)]
struct Block {
    #[serde(default)]
    explanation: String,
    confidence: Option<f64>,
    #[serde(default)]
    replacements: Vec<Replacement>,
}

/// Takes an answer apart. One that was cut off proposes nothing.
pub(super) fn read(text: &str, cut: bool) -> Reply {
    let (before, block) = match fence(text) {
        Some((at, inner)) => (text[..at].trim(), serde_json::from_str::<Block>(inner).ok()),
        None => match serde_json::from_str::<Block>(text.trim()) {
            Ok(block) => ("", Some(block)),
            Err(_) => (text.trim(), None),
        },
    };
    let Some(block) = block else {
        let all = if before.is_empty() { text.trim() } else { before };
        return Reply { explanation: sanitize::plain(all), ..Reply::default() };
    };
    let explanation = if before.is_empty() { block.explanation.trim() } else { before };
    let is_good = !cut && block.replacements.len() <= MOST_REPLACEMENTS && block.replacements.iter().all(may_be_tried);
    Reply {
        explanation: sanitize::plain(explanation),
        confidence: block.confidence.filter(|sure| (0.0..=1.0).contains(sure)).map(|sure| sure as f32),
        // They belong together, so that one bad one spoils all.
        replacements: if is_good { block.replacements } else { Vec::new() },
    }
}

/// Where the last block begins, and what is in it.
fn fence(text: &str) -> Option<(usize, &str)> {
    let at = text.rmatch_indices(FENCE).map(|(at, _)| at).find(|at| *at == 0 || text[..*at].ends_with('\n'))?;
    let inner = &text[at + FENCE.len()..];
    let end = inner.find("\n```").unwrap_or(inner.len());
    Some((at, inner[..end].trim()))
}

fn may_be_tried(replacement: &Replacement) -> bool {
    let Replacement { file, old, new } = replacement;
    let is_inside = !file.is_empty() && Path::new(file).components().all(|c| matches!(c, Component::Normal(_)));
    let is_harmless = [file, old, new].iter().all(|text| sanitize::clean(text) == text.as_str());
    is_inside && is_harmless && old != new && !file.contains(['\n', '\\']) && !new.contains(REDACTED)
}

/// Shows an explanation while it comes, up to the block.
pub(super) struct Telling<'a> {
    tell: &'a mut dyn FnMut(&str),
    /// Not told yet: it may be the beginning of the block, or of something that acts on a terminal.
    held: String,
    state: State,
    pub has_told: bool,
}

#[derive(PartialEq, Eq)]
enum State {
    /// Nothing but white space has come.
    Start,
    LineStart,
    InLine,
    /// The rest is for programs.
    Silent,
}

impl<'a> Telling<'a> {
    pub fn new(tell: &'a mut dyn FnMut(&str)) -> Self {
        Self { tell, held: String::new(), state: State::Start, has_told: false }
    }

    /// More of the answer.
    pub fn push(&mut self, text: &str) {
        if self.state == State::Silent {
            return;
        }
        self.held.push_str(text);
        if self.state == State::Start {
            self.held = self.held.trim_start().to_owned();
            match self.held.chars().next() {
                None => return,
                Some('{') => self.state = State::Silent,
                Some(_) => self.state = State::LineStart,
            }
        }
        while self.state != State::Silent {
            if self.state == State::LineStart && self.held.starts_with(FENCE) {
                self.state = State::Silent;
                break;
            }
            match self.held.find('\n') {
                Some(end) => {
                    self.say(end + 1);
                    self.state = State::LineStart;
                }
                None => {
                    let may_be_fence = self.state == State::LineStart && FENCE.starts_with(self.held.as_str());
                    let last = self.held.rfind(' ').map_or(0, |at| at + 1);
                    // Sequences for terminals are told apart when the line has ended.
                    if !may_be_fence && last > 0 && !self.held.contains(|c: char| c.is_control() && c != '\t') {
                        self.say(last);
                        self.state = State::InLine;
                    }
                    break;
                }
            }
        }
    }

    /// Nothing more comes.
    pub fn finish(mut self) -> bool {
        if self.state != State::Silent && !self.held.trim().is_empty() {
            self.say(self.held.len());
        }
        self.has_told
    }

    fn say(&mut self, end: usize) {
        let piece: String = self.held.drain(..end).collect();
        let harmless = sanitize::plain(&piece);
        if !harmless.is_empty() {
            self.has_told = true;
            (self.tell)(&harmless);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "Because of `x`.\n```rust\nlet x = 1;\n```\nSo change it.\n\n```json\n{\"confidence\": 0.5, \
                        \"replacements\": [{\"file\": \"src/a.rs\", \"old\": \"a\\n```\\n\", \"new\": \"b\"}]}\n```\n";

    fn told(pieces: impl Iterator<Item = String>) -> String {
        let mut all = String::new();
        let mut tell = |text: &str| all.push_str(text);
        let mut telling = Telling::new(&mut tell);
        pieces.for_each(|piece| telling.push(&piece));
        telling.finish();
        all
    }

    #[test]
    fn explanation_and_block() {
        let reply = read(GOOD, false);
        assert_eq!(reply.explanation, "Because of `x`.\n```rust\nlet x = 1;\n```\nSo change it.");
        assert_eq!((reply.confidence, reply.replacements.len()), (Some(0.5), 1));
        assert_eq!(reply.replacements[0].old, "a\n```\n");
        assert_eq!(read(GOOD, true).replacements, []);
        let object = read(r#"{"explanation": "so", "confidence": 1, "replacements": []}"#, false);
        assert_eq!(object, Reply { explanation: "so".into(), confidence: Some(1.0), replacements: Vec::new() });
        let fenced = read("```json\n{\"explanation\": \"so\"}\n```", false);
        assert_eq!(fenced.explanation, "so");
    }

    #[test]
    fn what_is_malformed_is_text() {
        for (text, explanation) in [
            ("Just words.", "Just words."),
            ("Words.\n```json\n{\"confidence\": \n```", "Words."),
            ("Words.\n```json\n[1, 2]\n```", "Words."),
            ("Words.\n```json\n{\"replacements\": [{\"file\": 5}]}", "Words."),
            ("```json\n{broken", "```json\n{broken"),
            ("", ""),
            ("{\"explanation\": 5}", "{\"explanation\": 5}"),
        ] {
            assert_eq!(read(text, false), Reply { explanation: explanation.into(), ..Reply::default() }, "{text}");
        }
        assert_eq!(read("x\n```json\n{\"confidence\": 7}\n```", false).confidence, None);
    }

    #[test]
    fn changes_that_leave_the_workspace_or_act_are_not_taken_over() {
        let with = |file: &str, new: &str| {
            let block = serde_json::json!({"replacements": [
                {"file": "src/fine.rs", "old": "a", "new": "b"}, {"file": file, "old": "a", "new": new}]});
            read(&format!("x\n```json\n{block}\n```"), false).replacements.len()
        };
        assert_eq!(with("src/a.rs", "b\n\tc"), 2);
        for file in ["../a.rs", "/etc/passwd", "src/../../a.rs", "", "./a.rs", "..\\a.rs", "a\nb.rs", "a\u{202e}.rs"] {
            assert_eq!(with(file, "b"), 0, "{file:?}");
        }
        for new in ["\u{1b}[2J", "\u{202e}x", "x\u{200b}", "\u{7}", "a", "let k = \"[redacted]\";"] {
            assert_eq!(with("src/a.rs", new), 0, "{new:?}");
        }
    }

    #[test]
    fn the_explanation_is_told_whatever_the_pieces() {
        let expected = "Because of `x`.\n```rust\nlet x = 1;\n```\nSo change it.\n\n";
        for size in [1, 2, 3, 7, 1_000] {
            let chars: Vec<char> = GOOD.chars().collect();
            assert_eq!(told(chars.chunks(size).map(|c| c.iter().collect())), expected, "{size}");
        }
        assert_eq!(told(["one ".into(), "two".into()].into_iter()), "one two");
        assert_eq!(told(["\n {\"expl".into(), "anation\": \"x y z\"}".into()].into_iter()), "");
    }

    #[test]
    fn terminals_are_not_driven() {
        let text = "a \u{1b}]0;title\u{7}b \u{1b}[2Jc\u{9b}31md \u{202e}e\u{200b}f\rg\n\u{1b}]8;;http://evil\u{1b}\\link\u{1b}]8;;\u{1b}\\ \u{90}q\u{9c}";
        for size in [1, 2, 5, 500] {
            let chars: Vec<char> = text.chars().collect();
            let all = told(chars.chunks(size).map(|c| c.iter().collect()));
            assert!(
                !all.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{202e}' | '\u{200b}')),
                "{size}: {all:?}"
            );
            assert!(all.starts_with("a b c"), "{all:?}");
        }
        assert!(!read(text, false).explanation.contains('\u{1b}'));
    }
}
