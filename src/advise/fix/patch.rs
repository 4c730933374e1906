//! Edits of texts, as pure values: nothing is read or written here.
//!
//! It must never apply half of a patch: edits that do not fit the text, or each other, apply not at all.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::{Path, PathBuf},
};

use rustfix::{CodeFix, LinePosition, LineRange, Replacement, Snippet, Solution};
use similar::{DiffOp, TextDiff};

/// Texts by their path below the workspace's root.
pub type Texts = BTreeMap<PathBuf, String>;

/// A part of a text and what is to stand there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Edit {
    /// Below the workspace's root.
    pub file: PathBuf,
    /// In bytes.
    pub start: usize,
    pub end: usize,
    pub text: String,
}

/// Edits that belong together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Patch {
    /// What it does, in the words of whoever has made it.
    pub title: String,
    pub edits: Vec<Edit>,
}

impl Patch {
    /// The files that it changes.
    pub fn files(&self) -> BTreeSet<&Path> {
        self.edits.iter().map(|e| e.file.as_path()).collect()
    }
}

/// Applies those that fit together, in this order, and tells which those were. `texts` has every file they name.
pub fn apply<'a>(texts: &Texts, patches: impl IntoIterator<Item = &'a Patch>) -> (Texts, Vec<usize>) {
    let mut fixes: BTreeMap<&Path, CodeFix> = BTreeMap::new();
    let mut taken = Vec::new();
    for (number, patch) in patches.into_iter().enumerate() {
        let mut next: BTreeMap<&Path, CodeFix> = BTreeMap::new();
        let fits = patch.files().into_iter().all(|file| {
            let Some((file, text)) = texts.get_key_value(file) else { return false };
            let mut fix = fixes.get(file.as_path()).cloned().unwrap_or_else(|| CodeFix::new(text));
            let applied = solution(patch, file, text).is_some_and(|s| is_applied(&mut fix, &s));
            next.insert(file, fix);
            applied
        });
        if fits {
            fixes.extend(next);
            taken.push(number);
        }
    }
    let made = fixes.into_iter().filter_map(|(file, fix)| Some((file.to_owned(), fix.finish().ok()?)));
    let mut all = texts.clone();
    all.extend(made);
    (all, taken)
}

fn is_applied(fix: &mut CodeFix, solution: &Solution) -> bool {
    match fix.apply_solution(solution) {
        Ok(()) | Err(rustfix::Error::AlreadyReplaced { is_identical: true, .. }) => true,
        Err(_) => false,
    }
}

fn solution(patch: &Patch, file: &Path, text: &str) -> Option<Solution> {
    let ends = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let replacement = |edit: &Edit| {
        // Also that it does not cut a character in two.
        text.get(edit.start..edit.end)?;
        let nowhere = LinePosition { line: 0, column: 0 };
        let snippet = Snippet {
            file_name: file.display().to_string(),
            line_range: LineRange { start: nowhere, end: nowhere },
            range: edit.start..edit.end,
        };
        Some(Replacement { snippet, replacement: edit.text.replace("\r\n", "\n").replace('\n', ends) })
    };
    let edits = patch.edits.iter().filter(|e| e.file == file);
    Some(Solution { message: patch.title.clone(), replacements: edits.map(replacement).collect::<Option<_>>()? })
}

/// Lines of two texts that are not in the other, counted from 1. Where lines were only removed, the one that follows counts.
#[derive(Debug, Default, Clone)]
pub struct Touched {
    pub before: BTreeMap<PathBuf, Vec<Range<usize>>>,
    pub after: BTreeMap<PathBuf, Vec<Range<usize>>>,
}

impl Touched {
    /// Between two states of a workspace.
    pub fn between(before: &Texts, after: &Texts) -> Self {
        let mut touched = Self::default();
        for (file, new) in after {
            let old = before.get(file).map_or("", String::as_str);
            if old == new {
                continue;
            }
            let (olds, news): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
            let diff = TextDiff::from_slices(&olds, &news);
            for op in diff.ops().iter().filter(|op| !matches!(op, DiffOp::Equal { .. })) {
                let lines = |r: Range<usize>| r.start + 1..(r.end + 1).max(r.start + 2);
                touched.before.entry(file.clone()).or_default().push(lines(op.old_range()));
                touched.after.entry(file.clone()).or_default().push(lines(op.new_range()));
            }
        }
        touched
    }
}

/// Whether any of these lines is among `ranges`.
pub fn overlaps(ranges: &BTreeMap<PathBuf, Vec<Range<usize>>>, file: &Path, lines: &Range<usize>) -> bool {
    ranges.get(file).is_some_and(|all| all.iter().any(|r| r.start < lines.end && lines.start < r.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch(edits: &[(&str, usize, usize, &str)]) -> Patch {
        let edit = |(file, start, end, text): &(&str, usize, usize, &str)| Edit {
            file: file.into(),
            start: *start,
            end: *end,
            text: (*text).into(),
        };
        Patch { title: String::new(), edits: edits.iter().map(edit).collect() }
    }

    fn texts(all: &[(&str, &str)]) -> Texts {
        all.iter().map(|(file, text)| ((*file).into(), (*text).into())).collect()
    }

    #[test]
    fn patches_apply_whole_or_not_at_all() {
        let before = texts(&[("a", "one two\n"), ("b", "three\r\n")]);
        let patches = [
            patch(&[("a", 0, 3, "1"), ("b", 0, 0, "2\n")]),
            // Overlaps the first in one file; nothing of it reaches the other.
            patch(&[("b", 0, 5, "3"), ("a", 1, 5, "x")]),
            patch(&[("a", 4, 7, "22")]),
            patch(&[("a", 0, 3, "1")]),
            patch(&[("a", 7, 99, "y")]),
            patch(&[("gone", 0, 0, "y")]),
        ];
        let (after, taken) = apply(&before, &patches);
        assert_eq!(taken, [0, 2, 3]);
        assert_eq!(after, texts(&[("a", "1 22\n"), ("b", "2\r\nthree\r\n")]), "lines end as they do in the file");
        assert_eq!(apply(&texts(&[("a", "ä")]), &[patch(&[("a", 1, 2, "x")])]).1, [0; 0], "half of a character");
    }

    #[test]
    fn lines_that_were_touched() {
        let touched = Touched::between(&texts(&[("a", "1\n2\n3\n4\n")]), &texts(&[("a", "0\n1\nx\ny\n3\n")]));
        assert_eq!(touched.after[Path::new("a")], [1..2, 3..5, 6..7]);
        assert_eq!(touched.before[Path::new("a")], [1..2, 2..3, 4..5]);
        assert!(overlaps(&touched.after, Path::new("a"), &(4..9)) && !overlaps(&touched.after, Path::new("a"), &(2..3)));
        assert!(!overlaps(&touched.after, Path::new("b"), &(1..9)));
        assert!(Touched::between(&texts(&[("a", "1")]), &texts(&[("a", "1")])).after.is_empty());
    }
}
