//! Held against the real compiler: the messages of the old sources, moved, are those of the new sources, or refused.

use std::{collections::BTreeMap, fs, path::Path, process::Command, str::FromStr};

use proc_macro2::{TokenStream, TokenTree};

use super::*;

mod cases;
mod random;
mod refused;
mod samples;

/// File names and texts of a crate; the first file is its root.
type Sources<'s> = &'s [(&'s str, &'s str)];

const COLOURS: &str = "--json=diagnostic-rendered-ansi,artifacts,future-incompat";
const PLAIN: &str = "--json=artifacts,future-incompat";

/// What rustc writes for cargo, and whether it is content.
fn compile(sources: Sources<'_>, arguments: &[&str], dir: &Path) -> (bool, Vec<u8>) {
    for (name, text) in sources {
        fs::write(dir.join(name), text).unwrap();
    }
    let common = ["--crate-name=a", "--crate-type=lib", "--edition=2021", "--emit=metadata", "--error-format=json"];
    let output = Command::new("rustc").args(common).args(arguments).arg(sources[0].0).current_dir(dir).output().unwrap();
    (output.status.success(), output.stderr)
}

/// The line of every token, in order.
fn token_lines(text: &str) -> Vec<(String, u32)> {
    fn walk(stream: TokenStream, lines: &mut Vec<(String, u32)>) {
        let start = |span: proc_macro2::Span| u32::try_from(span.start().line).unwrap();
        for token in stream {
            if let TokenTree::Group(group) = token {
                lines.push((format!("open {:?}", group.delimiter()), start(group.span_open())));
                walk(group.stream(), lines);
                lines.push((String::from("close"), start(group.span_close())));
            } else {
                lines.push((token.to_string(), start(token.span())));
            }
        }
    }
    let mut lines = Vec::new();
    walk(TokenStream::from_str(text).unwrap(), &mut lines);
    lines
}

/// Old lines to new ones by the tokens that start on them.
fn line_map(old: &str, new: &str) -> BTreeMap<u32, u32> {
    let (old, new) = (token_lines(old), token_lines(new));
    let mut map = BTreeMap::new();
    let mut torn = Vec::new();
    assert_eq!(old.len(), new.len());
    for ((token, from), (other, to)) in old.iter().zip(&new) {
        assert_eq!(token, other);
        if map.insert(*from, *to).is_some_and(|before| before != *to) {
            torn.push(*from);
        }
    }
    map.retain(|line, _| !torn.contains(line));
    map
}

/// The messages of a crate before an edit.
struct Sample {
    sources: Vec<(String, String)>,
    arguments: Vec<String>,
    dir: tempfile::TempDir,
    before: Vec<u8>,
}

impl Sample {
    /// A crate of one file.
    fn compile(old: &str, arguments: &[&str]) -> Self {
        Self::compile_all(&[("a.rs", old)], arguments)
    }

    fn compile_all(old: Sources<'_>, arguments: &[&str]) -> Self {
        Self::try_compile(old, arguments).unwrap_or_else(|| panic!("does not compile: {old:?}"))
    }

    /// `None` for errors.
    fn try_compile(old: Sources<'_>, arguments: &[&str]) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let (content, before) = compile(old, arguments, dir.path());
        if !content {
            return None;
        }
        assert!(messages::has_diagnostics(&before), "a case without messages proves nothing");
        let sources = old.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Some(Self { sources, arguments: arguments.iter().map(|a| (*a).to_owned()).collect(), dir, before })
    }

    fn moves(&self, new: &str) -> Result<(), Unmappable> {
        self.moves_all(&[("a.rs", new)])
    }

    /// Whether the messages could be moved; if so they are what rustc prints.
    fn moves_all(&self, new: Sources<'_>) -> Result<(), Unmappable> {
        let arguments: Vec<&str> = self.arguments.iter().map(String::as_str).collect();
        let (content, after) = compile(new, &arguments, self.dir.path());
        assert!(content, "{}", String::from_utf8_lossy(&after));
        let maps: Vec<_> = self.sources.iter().zip(new).map(|((_, old), (_, new))| line_map(old, new)).collect();
        let lines: Vec<_> = maps.iter().map(|map| |line: u32| map.get(&line).copied()).collect();
        let moved = |name: &str| {
            let at = self.sources.iter().position(|(old, _)| old == name)?;
            (self.sources[at].1 != new[at].1).then(|| Moved { new_text: new[at].1, line: &lines[at] })
        };
        let found = retarget(&self.before, &moved)?;
        assert_eq!(String::from_utf8(found).unwrap(), String::from_utf8(after).unwrap(), "{:?} to {new:?}", self.sources);
        Ok(())
    }
}

/// Moves, with and without colours.
fn both(old: Sources<'_>, new: Sources<'_>, arguments: &[&str]) -> Result<(), Unmappable> {
    let plain = Sample::compile_all(old, &[&[PLAIN], arguments].concat()).moves_all(new);
    let colours = Sample::compile_all(old, &[&[COLOURS], arguments].concat()).moves_all(new);
    assert_eq!(plain, colours);
    plain
}

/// As [`both`], for a crate of one file.
fn one(old: &str, new: &str) -> Result<(), Unmappable> {
    both(&[("a.rs", old)], &[("a.rs", new)], &[])
}
