//! Random edits of any Rust source, made where the syntax allows them. Not all of them compile.

use std::ops::Range;

use crate::{
    rng::Rng,
    sites::{Function, Sites},
    template::{Edit, State},
};

/// What is added bears this in its name or its text, so that it can be removed again.
const MARK: &str = "hx";

const KINDS: [&str; 20] = [
    "comment-line",
    "comment-trailing",
    "comment-inside",
    "doc-line",
    "doc-text",
    "blank-line",
    "format",
    "body",
    "body",
    "body",
    "body-line",
    "number",
    "private-fn",
    "private-item",
    "unused-use",
    "cfg-item",
    "attribute",
    "moved-item",
    "module-file",
    "removed",
];

/// Statements that change nothing but what the compiler makes of the function.
const STATEMENTS: [&str; 8] = [
    "let _hx = %u64;",
    "let _hx = (|x: u64| x.wrapping_add(%))(%);",
    "let _hx: Vec<u16> = Vec::with_capacity(%);",
    "let _hx = format!(\"hx {}\", %);",
    "if std::hint::black_box(false) { panic!(\"hx %\"); }",
    "fn hx_%(x: u64) -> u64 { x ^ % } let _hx = hx_%(1);",
    "let _hx = Some(String::from(\"hx %\"));",
    "let hx_% = %;",
];

const PRIVATE_FUNCTIONS: [&str; 3] = [
    "#[allow(dead_code)]\nfn hx_%(x: u64) -> u64 {\n    x.wrapping_mul(%)\n}\n",
    "fn hx_%() -> Vec<String> {\n    vec![format!(\"hx {}\", %)]\n}\n",
    "#[allow(dead_code)]\nfn hx_%<T: Clone>(x: &T) -> (T, u8) {\n    (x.clone(), %)\n}\n",
];

const PRIVATE_ITEMS: [&str; 5] = [
    "#[allow(dead_code)]\nconst HX_%: u64 = %;\n",
    "#[allow(dead_code)]\nstatic HX_%: &str = \"hx %\";\n",
    "#[allow(dead_code)]\n#[derive(Debug, Clone, PartialEq)]\nstruct Hx%(u8, String);\n",
    "#[allow(dead_code)]\ntrait Hx% {\n    fn hx(&self) -> u8 {\n        %\n    }\n}\n",
    "#[allow(unused_macros)]\nmacro_rules! hx_% {\n    () => {\n        %\n    };\n}\n",
];

/// Whether statements may say that they are reached.
#[derive(Clone, Copy)]
pub struct Taste {
    pub prints: bool,
}

/// Makes an edit in a random file; nothing if the one that was thought of is not possible there.
pub fn edit(state: &mut State, rng: &mut Rng, taste: Taste) -> Option<Edit> {
    let paths: Vec<String> = state.files.keys().filter(|p| p.ends_with(".rs")).cloned().collect();
    let path = rng.pick(&paths)?.clone();
    let kind = *rng.pick(&KINDS)?;
    let text = &state.files[&path];
    if kind == "module-file" {
        return module_file(state, rng, &path);
    }
    let sites = Sites::of(text)?;
    let mut editor = Editor { text: text.clone(), sites, rng, taste };
    let detail = editor.edit(kind)?;
    let text = editor.text;
    let kind = if detail.is_empty() { kind.to_owned() } else { detail };
    state.files.insert(path.clone(), text);
    Some(Edit { kind, files: vec![path] })
}

/// A new file with a module that the root of a crate declares.
fn module_file(state: &mut State, rng: &mut Rng, path: &str) -> Option<Edit> {
    let root = path.strip_suffix("lib.rs")?;
    let number = rng.below(10_000);
    let file = format!("{root}hx_{number}.rs");
    let text = format!("//! Hx.\n\n#[allow(dead_code)]\npub(crate) fn hx() -> u64 {{\n    {number}\n}}\n");
    state.files.insert(file.clone(), text);
    state.files.get_mut(path)?.push_str(&format!("mod hx_{number};\n"));
    Some(Edit { kind: "module-file".into(), files: vec![path.to_owned(), file] })
}

struct Editor<'a> {
    text: String,
    sites: Sites,
    rng: &'a mut Rng,
    taste: Taste,
}

impl Editor<'_> {
    /// Gives a better name for what was done, or an empty one.
    fn edit(&mut self, kind: &str) -> Option<String> {
        match kind {
            "comment-line" => {
                let comment = self.filled("// hx %, a comment\n");
                let at = self.line_of_some_token()?;
                self.insert(at, &comment)?;
            }
            "comment-trailing" => {
                let at = self.line_of_some_token()?;
                let end = at + self.text[at..].find('\n')?;
                let is_code = self.sites.tokens.iter().any(|t| t.end == end);
                let comment = self.filled(" // hx %");
                self.insert(is_code.then_some(end)?, &comment)?;
            }
            "comment-inside" | "format" => {
                let gap = self.gap()?;
                let filling = match (kind, self.rng.below(3)) {
                    ("format", 0) => "  ".into(),
                    ("format", 1) if self.text[gap.clone()].contains('\n') => " ".into(),
                    ("format", _) => "\n        ".into(),
                    _ => self.filled(" /* hx % */ "),
                };
                self.replace(gap, &filling)?;
            }
            "doc-line" => {
                let doc = self.filled("/// Hx %, documented.\n");
                let at = self.some_function(|_| true)?.whole.start;
                self.insert(at, &doc)?;
            }
            "doc-text" => {
                let docs: Vec<usize> =
                    self.sites.tokens.iter().filter(|t| self.text[t.start..].starts_with("//")).map(|t| t.end).collect();
                let at = *self.rng.pick(&docs)?;
                let more = self.filled(" hx %");
                self.insert(at, &more)?;
            }
            "blank-line" => {
                let at = self.line_of_some_token()?;
                self.insert(at, "\n")?;
            }
            "body" | "body-line" => return self.statement(kind == "body-line"),
            "number" => return self.number(),
            "private-fn" | "private-item" | "cfg-item" => {
                let number = self.rng.below(3);
                let item = match kind {
                    "private-fn" => PRIVATE_FUNCTIONS[number],
                    "private-item" => *self.rng.pick(&PRIVATE_ITEMS)?,
                    _ => [
                        "#[cfg(any())]\nfn hx_%() -> Missing {}\n",
                        "#[cfg(all())]\n#[allow(dead_code)]\nfn hx_%() {}\n",
                        "#[cfg(test)]\nmod hx_% {}\n",
                    ][number],
                };
                let item = self.filled(item);
                let at = self.between_items()?;
                self.insert(at, &item)?;
            }
            "unused-use" => {
                let line = self.filled("use std::collections::BTreeMap as Hx%;\n");
                let at = self.sites.items.first()?.whole.start;
                self.insert(at, &line)?;
            }
            "attribute" => {
                let attribute =
                    *self.rng.pick(&["#[inline]\n", "#[track_caller]\n", "#[cold]\n", "#[must_use]\n", "#[doc(hidden)]\n"])?;
                let at = self.some_function(|f| !f.in_trait_impl)?.whole.start;
                self.insert(at, attribute)?;
            }
            "moved-item" => self.move_item()?,
            "removed" => self.remove()?,
            _ => return None,
        }
        Some(String::new())
    }

    /// `%` becomes one random number.
    fn filled(&mut self, template: &str) -> String {
        template.replace('%', &(1 + self.rng.below(9_000)).to_string())
    }

    fn some_function(&mut self, fits: impl Fn(&Function) -> bool) -> Option<&Function> {
        let fitting: Vec<&Function> = self.sites.functions.iter().filter(|f| fits(f)).collect();
        self.rng.pick(&fitting).copied()
    }

    fn statement(&mut self, on_a_line: bool) -> Option<String> {
        let printing = self.taste.prints && self.rng.one_in(4);
        let statement = if printing { "println!(\"hx %\");" } else { *self.rng.pick(&STATEMENTS)? };
        let statement = self.filled(statement);
        let function = self.some_function(|_| true)?;
        let (class, at, is_const) = (function.class, function.body, function.is_const);
        let statement = if is_const { "let _hx = 1u64;" } else { &statement };
        let spaced = if on_a_line { format!("\n        {statement}") } else { format!(" {statement}") };
        self.insert(at, &spaced)?;
        Some(format!("{class}{}", if on_a_line { " (lines move)" } else { "" }))
    }

    fn number(&mut self) -> Option<String> {
        let function = self.some_function(|f| !f.numbers.is_empty())?;
        let (class, numbers) = (function.class, function.numbers.clone());
        let at = self.rng.pick(&numbers)?.clone();
        let digits: String = self.text[at.clone()].chars().take_while(char::is_ascii_digit).collect();
        // A small step: programs stay of this world.
        let next = digits.parse::<u64>().ok()?.checked_add(1)?;
        self.replace(at.start..at.start + digits.len(), &next.to_string())?;
        Some(class.to_owned())
    }

    /// Two items next to one another change places.
    fn move_item(&mut self) -> Option<()> {
        let items = &self.sites.items;
        let pairs: Vec<usize> = (1..items.len()).filter(|n| items[*n].is_function && items[n - 1].is_function).collect();
        let at = *self.rng.pick(&pairs)?;
        let (first, second) = (items[at - 1].whole.clone(), items[at].whole.clone());
        let moved = [&self.text[second.clone()], &self.text[first.end..second.start], &self.text[first.clone()]].concat();
        self.replace(first.start..second.end, &moved)
    }

    /// Removes something that an earlier edit added: a whole item or a line.
    fn remove(&mut self) -> Option<()> {
        let added = |range: &Range<usize>| self.text[range.clone()].to_lowercase().contains(MARK);
        let items = self.sites.items.iter().map(|i| i.whole.clone()).filter(|r| added(r) && r.len() < 200);
        let mut found: Vec<Range<usize>> = items.collect();
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let end = start + line.len();
            let trimmed = line.trim();
            if added(&(start..end)) && (trimmed.starts_with("//") || trimmed.starts_with("let") && trimmed.ends_with(';')) {
                found.push(start..end);
            }
            start = end;
        }
        let range = self.rng.pick(&found)?.clone();
        self.replace(range, "")
    }

    fn gap(&mut self) -> Option<Range<usize>> {
        let n = *self.rng.pick(&self.sites.gaps)?;
        let (first, second) = (&self.sites.tokens[n], &self.sites.tokens[n + 1]);
        // Documentation ends with its line.
        (!self.text[first.clone()].starts_with("//")).then_some(first.end..second.start)
    }

    /// The beginning of a line that begins with a token.
    fn line_of_some_token(&mut self) -> Option<usize> {
        let token = self.rng.pick(&self.sites.tokens)?.start;
        let start = self.text[..token].rfind('\n').map_or(0, |n| n + 1);
        let first = start + self.text[start..].len() - self.text[start..].trim_start().len();
        self.sites.tokens.iter().any(|t| t.start == first).then_some(start)
    }

    fn between_items(&mut self) -> Option<usize> {
        let at = self.rng.pick(&self.sites.items)?.whole.start;
        // An item may stand behind another one on its line.
        self.text[..at].ends_with('\n').then_some(at)
    }

    fn insert(&mut self, at: usize, text: &str) -> Option<()> {
        self.replace(at..at, text)
    }

    /// Lines with marks of templates stay as they are.
    fn replace(&mut self, range: Range<usize>, with: &str) -> Option<()> {
        let start = self.text[..range.start].rfind('\n').map_or(0, |n| n + 1);
        let end = self.text[range.end..].find('\n').map_or(self.text.len(), |n| range.end + n);
        if self.text[start..end].contains("//@") && !range.is_empty() || self.text[range.start..end].contains("//@- ") {
            return None;
        }
        self.text.replace_range(range, with);
        Some(())
    }
}

#[test]
fn edits_leave_something_that_parses() {
    let source = "//! Top.\n\nuse std::fmt;\n\n/// A.\nfn a(x: u64) -> u64 {\n    x + 1 // one\n}\n\nfn b() -> &'static str {\n    \"two\\\n    lines\"\n}\n";
    let mut rng = Rng::new(5);
    let mut state = State::new([("x/src/lib.rs".to_owned(), source.to_owned())].into());
    let mut kinds = std::collections::BTreeSet::new();
    for _ in 0..600 {
        let before = state.files.clone();
        let Some(edit) = edit(&mut state, &mut rng, Taste { prints: true }) else { continue };
        let is_rust = state.files.values().all(|text| syn::parse_file(text).is_ok());
        assert!(is_rust, "{edit:?} of {before:?} made {:?}", state.files);
        kinds.insert(edit.kind);
        if state.files.values().map(String::len).sum::<usize>() > 3_000 {
            state.files = [("x/src/lib.rs".to_owned(), source.to_owned())].into();
        }
    }
    assert!(kinds.len() >= 18, "{kinds:?}");
}
