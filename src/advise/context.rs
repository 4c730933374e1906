//! What somebody who does not have the sources must see to understand an error: the code that it is about, and what that
//! code names.
//!
//! For each place that an error is at: the item that holds it. Then the definitions, inside the workspace, of the types,
//! traits, constants and macros that those items and the messages name or point at, and the signatures of functions they call. Never a
//! whole file, never a file outside of the workspace, never the body of a function that is not involved; of dependencies, what
//! the compiler's own notes show. Nothing is redacted here. A file that cannot be read is left out; of one that cannot be
//! parsed, the lines around the place are taken.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::diagnostic::{Diagnostic, Span};
use crate::{semantic, ui::sanitize};

mod definitions;
mod item;
mod names;
mod text;

/// Larger sources are generated ones.
const LARGEST_FILE: u64 = 2 << 20;
/// Messages of one group; more of the same tell nothing new.
const MOST_DIAGNOSTICS: usize = 8;
/// Of the bytes allowed, messages may take a third.
const SHARE_OF_DIAGNOSTICS: usize = 3;

/// Where sources may be read.
#[derive(Debug, Clone)]
pub struct Sources {
    /// What the compiler's paths are relative to: the root of the workspace.
    pub root: PathBuf,
    /// Directories of the packages that are the user's own.
    pub members: Vec<PathBuf>,
}

/// A piece of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Relative to the root of the workspace.
    pub file: String,
    /// The first line of it, from 1.
    pub line: usize,
    pub text: String,
    /// Whether the error is in it; otherwise it is there because it is named.
    pub involved: bool,
}

/// All that is to be seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Context {
    /// The messages as rustc prints them, without colours.
    pub diagnostics: String,
    pub pieces: Vec<Piece>,
}

/// The context of errors that belong together, in about `budget` bytes.
pub fn gather(diagnostics: &[Diagnostic], sources: &Sources, budget: usize) -> Context {
    let told = messages(diagnostics, budget / SHARE_OF_DIAGNOSTICS);
    let mut left = budget.saturating_sub(told.len());
    let Ok(root) = sources.root.canonicalize() else { return Context { diagnostics: told, pieces: Vec::new() } };
    let members: Vec<PathBuf> = sources.members.iter().filter_map(|dir| dir.canonicalize().ok()).collect();
    let inside = Inside { root, members };
    let mut pieces = Vec::new();
    let mut named = names::Names::default();
    diagnostics.iter().for_each(|diagnostic| named.of_diagnostic(diagnostic));
    let primary = diagnostics.iter().flat_map(|d| &d.spans).filter(|span| span.is_primary);
    for (path, lines) in inside.places(primary) {
        let Some(source) = inside.read(&path) else { continue };
        let found = semantic::parsing(|| item::around(&source, &lines, left, &mut named));
        for (line, text) in found {
            left = left.saturating_sub(text.len());
            pieces.push(Piece { file: inside.shown(&path), line, text, involved: true });
        }
    }
    let seen: Vec<(String, std::ops::Range<usize>)> =
        pieces.iter().map(|piece| (piece.file.clone(), piece.line..piece.line + piece.text.lines().count())).collect();
    let is_seen = |file: &str, line| seen.iter().any(|(other, lines)| other == file && lines.contains(&line));
    let others = diagnostics.iter().flat_map(|d| &d.spans).filter(|span| !span.is_primary);
    let pointed_at = inside.places(others.chain(diagnostics.iter().flat_map(|d| &d.children).flat_map(|d| &d.spans)));
    pieces.extend(definitions::find(&inside, &named, &pointed_at, left, is_seen));
    Context { diagnostics: told, pieces }
}

/// The messages, as many of them as fit.
fn messages(diagnostics: &[Diagnostic], budget: usize) -> String {
    let mut told = String::new();
    for (n, diagnostic) in diagnostics.iter().enumerate() {
        let rendered = diagnostic.rendered.as_deref().map_or_else(|| diagnostic.message.clone(), sanitize::plain);
        if n >= MOST_DIAGNOSTICS || (n > 0 && told.len() + rendered.len() > budget) {
            told.push_str(&format!("({} more of the same kind)\n", diagnostics.len() - n));
            break;
        }
        told.push_str(text::head(rendered.trim_end(), budget));
        told.push_str("\n\n");
    }
    told.truncate(told.trim_end().len());
    told
}

/// What may be read.
struct Inside {
    root: PathBuf,
    members: Vec<PathBuf>,
}

impl Inside {
    /// The sources in which spans are, with the lines, in the order of the spans.
    fn places<'a>(&self, spans: impl Iterator<Item = &'a Span>) -> Vec<(PathBuf, BTreeSet<usize>)> {
        let mut all: Vec<(PathBuf, BTreeSet<usize>)> = Vec::new();
        for span in spans {
            let Some((path, line)) = self.place(span) else { continue };
            match all.iter_mut().find(|(other, _)| *other == path) {
                Some((_, lines)) => drop(lines.insert(line)),
                None => all.push((path, BTreeSet::from([line]))),
            }
        }
        all
    }

    /// Where a span is, or where the macro was called that made it.
    fn place(&self, span: &Span) -> Option<(PathBuf, usize)> {
        let mut span = span;
        loop {
            if let Some(path) = self.allowed(&self.root.join(&span.file_name)) {
                return Some((path, span.line_start));
            }
            span = &span.expansion.as_ref()?.span;
        }
    }

    /// The real path of a source of the user's own.
    fn allowed(&self, path: &Path) -> Option<PathBuf> {
        let path = path.canonicalize().ok()?;
        let all = if self.members.is_empty() { std::slice::from_ref(&self.root) } else { self.members.as_slice() };
        let inside = all.iter().find_map(|dir| path.strip_prefix(dir).ok())?;
        // What a build has made is nobody's own.
        let is_made = inside.components().any(|c| c.as_os_str() == "target");
        (!is_made && path.extension().is_some_and(|ext| ext == "rs")).then_some(path)
    }

    fn read(&self, path: &Path) -> Option<String> {
        fs::metadata(path).ok().filter(|meta| meta.is_file() && meta.len() <= LARGEST_FILE)?;
        fs::read_to_string(path).ok()
    }

    fn shown(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }
}

#[cfg(test)]
mod tests;
