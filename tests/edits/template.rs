//! Sources with marks for edits that mean something, so that every state of them compiles.
//!
//! ```text
//! /*@kind*/3                 a number that may become another one
//! code //@- kind.1           a line that is there while the group `kind.1` is off
//! //@+ kind.1: code          a line that is there while it is on; a group may have lines in several files
//! //@file kind.1             as the first line: the whole file is there while the group is on
//! ```
//! The kind of an edit is the part before the dot. Sources without marks stand for themselves.

use std::collections::{BTreeMap, BTreeSet};

use crate::rng::Rng;

/// Files by path from the root of the workspace, and the groups that are on.
#[derive(Clone, PartialEq, Eq)]
pub struct State {
    pub files: BTreeMap<String, String>,
    pub on: BTreeSet<String>,
}

/// One edit, for reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub kind: String,
    /// The files that it changes.
    pub files: Vec<String>,
}

impl State {
    pub fn new(files: BTreeMap<String, String>) -> Self {
        Self { files, on: BTreeSet::new() }
    }

    /// The files as the compiler sees them.
    pub fn render(&self) -> BTreeMap<String, String> {
        let rendered = self.files.iter().map(|(path, text)| (path, self.render_file(text)));
        rendered.filter_map(|(path, text)| Some((path.clone(), text?))).collect()
    }

    fn render_file(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let (code, end) = line.strip_suffix('\n').map_or((line, ""), |code| (code, "\n"));
            let trimmed = code.trim_start();
            if let Some(group) = trimmed.strip_prefix("//@file ") {
                if !self.on.contains(group) {
                    return None;
                }
            } else if let Some(rest) = trimmed.strip_prefix("//@+ ") {
                let (group, more) = rest.split_once(':').expect("a group and its code");
                if self.on.contains(group) {
                    // Indented as the mark is.
                    let more = more.strip_prefix(' ').unwrap_or(more);
                    out.push_str(&format!("{}{more}{end}", &code[..code.len() - trimmed.len()]));
                }
            } else if let Some((before, group)) = code.split_once(" //@- ") {
                if !self.on.contains(group) {
                    out.push_str(before);
                    out.push_str(end);
                }
            } else {
                out.push_str(code);
                out.push_str(end);
            }
        }
        Some(without_numbers_marks(&out))
    }

    /// Every group with the files that know it.
    pub fn groups(&self) -> BTreeMap<String, Vec<String>> {
        let mut groups: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (path, text) in &self.files {
            for line in text.lines() {
                let found = line.trim_start().strip_prefix("//@+ ").and_then(|rest| rest.split_once(':')).map(|(g, _)| g);
                let files = groups.entry(found.unwrap_or_default().to_owned()).or_default();
                if files.last() != Some(path) {
                    files.push(path.clone());
                }
            }
        }
        groups.remove("");
        groups
    }

    /// Every number with a mark: its kind, its file, and where its digits begin.
    fn numbers(&self) -> Vec<(String, String, usize)> {
        let marks = |path: &String, text: &String| -> Vec<(String, String, usize)> {
            let found = text.match_indices("/*@").filter_map(|(at, _)| {
                let (kind, _) = text[at + 3..].split_once("*/")?;
                Some((kind.to_owned(), path.clone(), at + 3 + kind.len() + 2))
            });
            found.collect()
        };
        self.files.iter().flat_map(|(path, text)| marks(path, text)).collect()
    }

    /// Makes one of the edits that the marks allow; nothing if there are none.
    pub fn edit(&mut self, rng: &mut Rng) -> Option<Edit> {
        let (groups, numbers) = (self.groups(), self.numbers());
        let kind_of = |group: &str| group.split('.').next().unwrap_or_default().to_owned();
        let kinds: BTreeSet<String> = groups.keys().map(|g| kind_of(g)).chain(numbers.iter().map(|n| n.0.clone())).collect();
        let kinds: Vec<String> = kinds.into_iter().collect();
        let kind = rng.pick(&kinds)?.clone();
        let groups: Vec<_> = groups.into_iter().filter(|(g, _)| kind_of(g) == kind).collect();
        let numbers: Vec<_> = numbers.into_iter().filter(|n| n.0 == kind).collect();
        let chosen = rng.below(groups.len() + numbers.len());
        if let Some((group, files)) = groups.get(chosen) {
            let is_removed = self.on.remove(group);
            if !is_removed {
                self.on.insert(group.clone());
            }
            return Some(Edit { kind: format!("{kind}{}", if is_removed { " removed" } else { "" }), files: files.clone() });
        }
        let (_, file, at) = &numbers[chosen - groups.len()];
        let text = self.files.get_mut(file).expect("known");
        let digits = text[*at..].chars().take_while(char::is_ascii_digit).count();
        text.replace_range(*at..*at + digits, &(1 + rng.below(99)).to_string());
        Some(Edit { kind, files: vec![file.clone()] })
    }
}

fn without_numbers_marks(text: &str) -> String {
    let mut parts = text.split("/*@");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(part.split_once("*/").expect("a mark ends").1);
    }
    out
}

#[test]
fn marks_are_replaced_by_what_they_stand_for() {
    let text = "fn a() -> u8 { //@- s.1\n    //@+ s.1: fn a() -> u64 {\n    /*@n*/12\n}\n";
    let mut state = State::new([("a.rs".into(), text.into()), ("b.rs".into(), "//@file s.1\nx\n".into())].into());
    assert_eq!(state.render(), [("a.rs".into(), "fn a() -> u8 {\n    12\n}\n".into())].into());
    assert_eq!(state.groups(), [("s.1".into(), vec!["a.rs".into()])].into());
    assert_eq!(state.numbers().len(), 1);
    state.on.insert("s.1".into());
    let expected = [("a.rs".into(), "    fn a() -> u64 {\n    12\n}\n".into()), ("b.rs".into(), "x\n".into())].into();
    assert_eq!(state.render(), expected);
    let mut rng = Rng::new(1);
    for _ in 0..20 {
        let before = state.render();
        let edit = state.edit(&mut rng).expect("there are marks");
        assert!(edit.kind == "n" || before != state.render(), "{edit:?} does nothing");
    }
}
