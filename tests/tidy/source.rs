//! Files of the tree, and their tokens split into production and test code.
//!
//! Rules look at tokens, not at text, so that a string or a comment that mentions `panic!` is not a panic.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};

/// One file.
pub struct Source {
    /// From the root of the project, with `/`.
    pub path: String,
    pub text: String,
}

/// One token without white space; `::` is one token, delimiters are tokens of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    pub text: String,
    pub line: usize,
}

/// A file's tokens, told apart.
#[derive(Default)]
pub struct Code {
    pub production: Vec<Token>,
    pub tests: Vec<Token>,
    /// How many lines `#[cfg(test)]` items take.
    pub test_lines: usize,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub fn is_src(&self) -> bool {
        self.path.starts_with("src/") && self.path.ends_with(".rs")
    }

    /// Whole files of tests: `tests.rs`, and everything in a folder of that name.
    pub fn is_test_file(&self) -> bool {
        !self.is_src() || self.path.split('/').any(|part| part == "tests" || part == "tests.rs")
    }

    /// `base` for `src/base/fs.rs`; nothing for `src/main.rs`.
    pub fn layer(&self) -> Option<&str> {
        self.path.strip_prefix("src/")?.split_once('/').map(|(layer, _)| layer)
    }

    pub fn tokens(&self) -> Vec<Token> {
        flatten(self.stream())
    }

    pub fn code(&self) -> Code {
        let mut code = Code::default();
        let stream = self.stream();
        if self.is_test_file() || flatten(stream.clone()).starts_with(&words_of("#![cfg(test)]")) {
            code.test_lines = self.text.lines().count();
            code.tests = flatten(stream);
        } else {
            split(stream, &mut code);
        }
        code
    }

    fn stream(&self) -> TokenStream {
        self.text.parse().unwrap_or_else(|e| panic!("{}: does not parse: {e}", self.path))
    }
}

fn words_of(text: &str) -> Vec<Token> {
    flatten(text.parse().unwrap())
}

/// Moves each `#[cfg(test)]` item to the tests: up to its first brace group, or to its semicolon.
fn split(stream: TokenStream, code: &mut Code) {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut at = 0;
    while at < trees.len() {
        if is_cfg_test(&trees[at..]) {
            let length = item_length(&trees[at..]);
            let item = &trees[at..at + length];
            let last = item.last().map_or(0, |t| t.span().end().line);
            code.test_lines += last - item[0].span().start().line + 1;
            code.tests.extend(flatten(item.iter().cloned().collect()));
            at += length;
            continue;
        }
        match &trees[at] {
            TokenTree::Group(group) => {
                let (open, close) = delimiters(group.delimiter());
                code.production.push(Token { text: open.into(), line: group.span_open().start().line });
                split(group.stream(), code);
                code.production.push(Token { text: close.into(), line: group.span_close().start().line });
                at += 1;
            }
            _ => {
                let step = if is_path_separator(&trees[at..]) { 2 } else { 1 };
                code.production.extend(flatten(trees[at..at + step].iter().cloned().collect()));
                at += step;
            }
        }
    }
}

fn is_cfg_test(trees: &[TokenTree]) -> bool {
    match trees {
        [TokenTree::Punct(hash), TokenTree::Group(group), ..] => {
            hash.as_char() == '#'
                && group.delimiter() == Delimiter::Bracket
                && flatten(group.stream()).iter().map(|t| t.text.as_str()).eq(["cfg", "(", "test", ")"])
        }
        _ => false,
    }
}

fn item_length(trees: &[TokenTree]) -> usize {
    let is_semicolon = |tree: &TokenTree| matches!(tree, TokenTree::Punct(p) if p.as_char() == ';');
    let is_end =
        |tree: &TokenTree| is_semicolon(tree) || matches!(tree, TokenTree::Group(g) if g.delimiter() == Delimiter::Brace);
    let length = trees.iter().position(is_end).map_or(trees.len(), |n| n + 1);
    length + usize::from(trees.get(length).is_some_and(is_semicolon))
}

fn is_path_separator(trees: &[TokenTree]) -> bool {
    matches!(trees, [TokenTree::Punct(a), TokenTree::Punct(b), ..]
        if a.as_char() == ':' && a.spacing() == Spacing::Joint && b.as_char() == ':')
}

fn delimiters(delimiter: Delimiter) -> (&'static str, &'static str) {
    match delimiter {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Brace => ("{", "}"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::None => ("", ""),
    }
}

fn flatten(stream: TokenStream) -> Vec<Token> {
    let trees: Vec<TokenTree> = stream.into_iter().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < trees.len() {
        let line = trees[at].span().start().line;
        if is_path_separator(&trees[at..]) {
            out.push(Token { text: "::".into(), line });
            at += 2;
            continue;
        }
        if let TokenTree::Group(group) = &trees[at] {
            let (open, close) = delimiters(group.delimiter());
            out.push(Token { text: open.into(), line });
            out.extend(flatten(group.stream()));
            out.push(Token { text: close.into(), line: group.span_close().start().line });
        } else {
            out.push(Token { text: trees[at].to_string(), line });
        }
        at += 1;
    }
    out
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every text file of the project: what git knows or would add; without git, everything but `target`.
pub fn tree() -> Vec<Source> {
    let root = root();
    let paths = listed_by_git(&root).unwrap_or_else(|| {
        let mut found = BTreeSet::new();
        walk(&root, &root, &mut found);
        found
    });
    let read = |path: String| {
        let bytes = std::fs::read(root.join(&path)).ok()?;
        Some(Source { path, text: String::from_utf8(bytes).ok()? })
    };
    let files: Vec<Source> = paths.into_iter().filter_map(read).collect();
    assert!(files.iter().any(|f| f.path == "src/lib.rs"), "the tree was not found");
    files
}

fn listed_by_git(root: &Path) -> Option<BTreeSet<String>> {
    let args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let output = Command::new("git").args(args).current_dir(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let paths: BTreeSet<String> = text.split('\0').filter(|p| !p.is_empty()).map(str::to_owned).collect();
    // A copy of the project inside some other repository that ignores it is not listed at all.
    (output.status.success() && paths.contains("src/lib.rs")).then_some(paths)
}

fn walk(root: &Path, dir: &Path, found: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name();
        if entry.file_type().unwrap().is_dir() {
            if name != "target" && name != ".git" {
                walk(root, &path, found);
            }
        } else if let Ok(relative) = path.strip_prefix(root) {
            found.insert(relative.to_string_lossy().into_owned());
        }
    }
}

/// Fails with all complaints at once.
pub fn assert_clean(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Checks that a rule says exactly this about a bad sample.
pub fn assert_bites(complaints: &[String], expected: &[&str]) {
    assert_eq!(complaints, expected);
}

#[test]
fn tests_are_told_from_production_code() {
    let text = "fn a() { x() }\n#[cfg(test)]\nuse y::{z};\nfn b() {}\n#[cfg(test)]\nmod tests {\n    fn c() {}\n}\n";
    let code = Source::new("src/base/a.rs", text).code();
    let text_of = |tokens: &[Token]| tokens.iter().map(|t| t.text.clone()).collect::<Vec<_>>().join(" ");
    assert_eq!(text_of(&code.production), "fn a ( ) { x ( ) } fn b ( ) { }");
    assert!(text_of(&code.tests).contains("fn c"));
    assert_eq!(code.test_lines, 6);
    assert!(Source::new("src/base/a/tests.rs", "fn a() {}").code().production.is_empty());
}

#[test]
fn the_walk_finds_what_git_lists() {
    let root = root();
    if let Some(listed) = listed_by_git(&root) {
        let mut walked = BTreeSet::new();
        walk(&root, &root, &mut walked);
        let missing: Vec<_> = listed.iter().filter(|p| root.join(p).exists() && !walked.contains(*p)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
