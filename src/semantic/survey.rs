//! What one file tells of itself for the whole crate's sake, read from tokens alone, so that it holds for text that no
//! parser understands as well.

use serde::{Deserialize, Serialize};

use super::{
    attributes::{self, Attribute, Class, Trust},
    imports::Shadows,
    include::Named,
    lex::{Kind, Lexed},
    names,
    tables::{is_keyword, is_std_crate, std_macro},
};

/// What of one file matters to how all files of its crate are read.
#[derive(Serialize, Deserialize, Clone, PartialEq, Eq, Debug, Default)]
pub struct Traits {
    /// Last parts of file names in string literals, and all that the including macros name. Sorted.
    pub named_files: Vec<String>,
    /// Those of them that `include!` takes in as code. Sorted.
    pub code_files: Vec<String>,
    /// An including macro whose argument does not say which file.
    pub computed_include: bool,
    /// Macros, attributes and derives that are not built in and not std's. Sorted.
    pub unknown_macros: Vec<String>,
    /// Macros that are defined here. Sorted.
    pub defined_macros: Vec<String>,
    /// A name of std's macros may mean something else.
    pub shadows_macros: bool,
    /// A name of std's derives or attribute macros may mean something else.
    pub shadows_derives: bool,
    /// `extern "C-unwind"` or its like: whether a crate unwinds through foreign code depends on its bodies.
    pub unwinds: bool,
    /// Functions here may ask from where they were called, during compilation too.
    pub asks_caller: bool,
    /// `#![feature(…)]`.
    pub features: bool,
}

impl Traits {
    /// What must be assumed of a file that cannot even be split into tokens.
    pub fn worst() -> Self {
        Self {
            computed_include: true,
            shadows_macros: true,
            shadows_derives: true,
            unwinds: true,
            asks_caller: true,
            features: true,
            ..Self::default()
        }
    }
}

/// What is found on the way through the tokens.
pub struct Survey {
    pub traits: Traits,
    pub attributes: Vec<Attribute>,
    /// Every macro call: its first token, the input's delimiters, and the name if it is plain or std's.
    pub calls: Vec<Call>,
    /// Whether some token asks where it stands: `line!`, `column!`.
    pub asks_position: bool,
    /// Whether some literal is one token in new editions and two in old ones, so that a comment may be none.
    pub by_edition: bool,
}

/// `path!(…)`.
pub struct Call {
    /// First token of the path.
    pub at: usize,
    /// Index of `!`.
    pub bang: usize,
    pub open: usize,
    pub close: usize,
    /// A macro of std, as far as one can tell from this file.
    pub std: Option<&'static str>,
}

/// Goes through all tokens once. Unless it is a `test` build, what stands in a `#[cfg(test)] mod` tells nothing.
pub fn survey(lexed: &Lexed<'_>, trust: Trust, test: bool) -> Survey {
    let mut this =
        Survey { traits: Traits::default(), attributes: Vec::new(), calls: Vec::new(), asks_position: false, by_edition: false };
    let mut found = Found { named: Named::default(), shadows: Shadows::new(lexed) };
    let mut items = Items::default();
    let mut path_literals = Vec::new();
    // What was known before a module that is taken away, and where that ends.
    let mut before: Option<(usize, Traits, bool, Found<'_>)> = None;
    for at in 0..lexed.tokens.len() {
        if let Some((_, traits, asks_position, kept)) = before.take_if(|(end, ..)| *end <= at) {
            (this.traits, this.asks_position, found) = (traits, asks_position, kept);
        }
        if !test
            && before.is_none()
            && let Some(end) = items.test_module(lexed, at, &this.attributes)
        {
            before = Some((end, this.traits.clone(), this.asks_position, found.clone()));
        }
        items.pass(lexed, at);
        match lexed.tokens[at].kind {
            Kind::Punct { .. } => {
                if let Some(attribute) = attributes::read(lexed, at, trust) {
                    // Within a macro's input it may be anything.
                    let in_input = this.calls.iter().rev().take(64).any(|c| c.close > at);
                    if !in_input {
                        path_literals.extend(&attribute.path_literals);
                    }
                    this.attribute(attribute);
                }
            }
            Kind::Literal if !path_literals.contains(&at) => {
                this.by_edition |= lexed.text_of(at).starts_with("cr");
                if let Some(value) = names::string(lexed.text_of(at)) {
                    this.traits.unwinds |= value.ends_with("-unwind");
                    found.named.literal(&value);
                }
            }
            Kind::Ident => {
                found.shadows.look(lexed, at, &this.attributes);
                this.ident(lexed, at, trust, &mut found.named);
            }
            _ => {}
        }
    }
    if let Some((_, traits, asks_position, kept)) = before {
        (this.traits, this.asks_position, found) = (traits, asks_position, kept);
    }
    this.finish(found);
    this
}

#[derive(Clone)]
struct Found<'a> {
    named: Named,
    shadows: Shadows<'a>,
}

/// Keeps count of the items of the file itself.
#[derive(Default)]
struct Items {
    depth: usize,
    /// Where the item begins that is being passed, if it stands in no other one.
    start: usize,
}

impl Items {
    fn pass(&mut self, lexed: &Lexed<'_>, at: usize) {
        match lexed.tokens[at].kind {
            Kind::Open(_) => self.depth += 1,
            Kind::Close => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 && lexed.text_of(at) == "}" {
                    self.start = at + 1;
                }
            }
            _ if self.depth == 0 && lexed.is_punct(at, ';') => self.start = at + 1,
            _ => {}
        }
    }

    /// The index of the last brace of a `#[cfg(test)] mod name { }` whose `mod` stands at `at`, if no macro gets to see it.
    fn test_module(&self, lexed: &Lexed<'_>, at: usize, attributes: &[Attribute]) -> Option<usize> {
        if self.depth > 0 || lexed.ident(at) != Some("mod") || lexed.text_of(at + 2) != "{" {
            return None;
        }
        let is_unknown = |a: &Attribute| a.class == Class::Unknown;
        let own = attributes.iter().rev().take_while(|a| a.at >= self.start);
        let of_file = attributes.iter().filter(|a| lexed.is_punct(a.at + 1, '!'));
        if own.clone().any(is_unknown) || of_file.into_iter().any(is_unknown) {
            return None;
        }
        own.into_iter().any(|a| is_cfg_test(lexed, a.at)).then(|| lexed.mate(at + 2)).flatten()
    }
}

/// `#[cfg(test)]`, to the letter.
pub fn is_cfg_test(lexed: &Lexed<'_>, at: usize) -> bool {
    ["#", "[", "cfg", "(", "test", ")", "]"].iter().enumerate().all(|(n, text)| lexed.text_of(at + n) == *text)
}

impl Survey {
    fn finish(&mut self, found: Found<'_>) {
        let Found { mut named, shadows } = found;
        named.finish();
        let traits = &mut self.traits;
        traits.named_files = named.files;
        traits.code_files = named.code;
        traits.computed_include = named.computed;
        traits.shadows_macros = shadows.macros;
        traits.shadows_derives = shadows.derives;
        for list in [&mut traits.unknown_macros, &mut traits.defined_macros] {
            list.sort_unstable();
            list.dedup();
        }
    }

    fn attribute(&mut self, attribute: Attribute) {
        self.traits.features |= attribute.features;
        self.traits.unknown_macros.extend(attribute.unknown.iter().cloned());
        self.attributes.push(attribute);
    }

    fn ident(&mut self, lexed: &Lexed<'_>, at: usize, trust: Trust, named: &mut Named) {
        let Some(name) = lexed.ident(at) else { return };
        self.traits.asks_caller |= name == "caller" && at >= 2 && lexed.is_path_separator(at - 2);
        if !lexed.is_punct(at + 1, '!') || is_keyword(lexed.text_of(at)) {
            return;
        }
        let is_definition = name == "macro_rules" && lexed.ident(at + 2).is_some();
        let open = if is_definition { at + 3 } else { at + 2 };
        let Some(close) = lexed.mate(open) else { return };
        if matches!(name, "line" | "column") {
            self.asks_position = true;
        }
        if matches!(name, "include" | "include_str" | "include_bytes") {
            named.include(lexed, name, open + 1, close);
        }
        if is_definition {
            self.traits.defined_macros.extend(lexed.ident(at + 2).map(str::to_owned));
        }
        let (start, prefix) = path_before(lexed, at);
        let std = std_macro(name).filter(|_| prefix.is_none_or(is_std_crate));
        if std.is_none() || !trust.macros {
            self.traits.unknown_macros.push(name.to_owned());
        }
        self.calls.push(Call { at: start, bang: at + 1, open, close, std });
    }
}

/// Where the path that ends at `at` begins, and its first name if it has more than one.
fn path_before<'a>(lexed: &Lexed<'a>, at: usize) -> (usize, Option<&'a str>) {
    let mut start = at;
    while start >= 2 && lexed.is_path_separator(start - 2) {
        start -= 2;
        if start >= 1 && lexed.ident(start - 1).is_some_and(|n| !is_keyword(n)) {
            start -= 1;
        } else {
            break;
        }
    }
    if start == at {
        return (start, None);
    }
    // `::std::vec!` and `$crate::vec!` begin with no name.
    let named = lexed.ident(start);
    let is_meta = start >= 1 && lexed.is_punct(start - 1, '$');
    match named {
        Some(name) if !is_meta => (start, Some(name)),
        None => (start, lexed.ident(start + 2)),
        _ => (start - 1, Some("$")),
    }
}
