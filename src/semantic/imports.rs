//! Whether a text takes a name away from std: a macro or derive of its own, an import, a glob of another crate.
//!
//! Read from tokens, so that what stands in macro definitions counts too.

use super::{
    attributes::Attribute,
    lex::Lexed,
    tables::{has_own_names, is_harmless_glob, is_std_attribute_macro, is_std_crate, is_std_derive, is_std_macro},
};

/// What std may have lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shadows<'a> {
    pub macros: bool,
    pub derives: bool,
    /// Modules that the text declares. A path that begins with one of them leads into this crate.
    modules: Vec<&'a str>,
}

impl<'a> Shadows<'a> {
    pub fn new(lexed: &Lexed<'a>) -> Self {
        let is_mod = |at: &usize| lexed.ident(*at) == Some("mod");
        let modules = (0..lexed.tokens.len()).filter(is_mod).filter_map(|at| lexed.ident(at + 1)).collect();
        Self { modules, ..Self::default() }
    }

    fn all(&mut self) {
        (self.macros, self.derives) = (true, true);
    }

    /// A name that is now bound to something else in some scope.
    fn name(&mut self, name: &str) {
        self.macros |= is_std_macro(name);
        self.derives |= is_std_derive(name) || is_std_attribute_macro(name);
        if is_std_crate(name) {
            self.all();
        }
    }

    /// The item that begins at `at`, if it is one that binds names of macros. `attributes` are all of the text.
    pub fn look(&mut self, lexed: &Lexed<'a>, at: usize, attributes: &[Attribute]) {
        let next = lexed.ident(at + 1);
        match lexed.ident(at) {
            Some("use") if !lexed.is_punct(at + 1, '<') => self.tree(lexed, at + 1, &mut Vec::new(), 0),
            Some("macro_rules") if lexed.is_punct(at + 1, '!') => lexed.ident(at + 2).into_iter().for_each(|n| self.name(n)),
            Some("macro") => next.into_iter().for_each(|n| self.name(n)),
            Some("mod") if next.is_some_and(is_std_crate) => self.all(),
            Some("extern") if next == Some("crate") => self.extern_crate(lexed, at, attributes),
            _ => {}
        }
    }

    /// `extern crate a as b;`, perhaps under `#[macro_use]`.
    fn extern_crate(&mut self, lexed: &Lexed<'_>, at: usize, attributes: &[Attribute]) {
        let of_std = lexed.ident(at + 2).is_some_and(is_std_crate);
        let is_harmless = of_std || lexed.ident(at + 2).is_some_and(has_own_names);
        if lexed.ident(at + 3) == Some("as") && !of_std {
            lexed.ident(at + 4).into_iter().for_each(|n| self.name(n));
        }
        // Attributes, documentation and a visibility may stand between.
        let near = attributes.iter().rev().take_while(|a| a.at < at).take(8).find(|a| a.macro_use);
        let is_mine = |a: &Attribute| !(a.end..at).any(|at| matches!(lexed.text_of(at), ";" | "{"));
        if let Some(attribute) = near.filter(|a| !is_harmless && is_mine(a)) {
            self.macro_use(lexed, attribute);
        }
    }

    /// `#[macro_use]` takes all macros, `#[macro_use(a, b)]` two.
    fn macro_use(&mut self, lexed: &Lexed<'_>, attribute: &Attribute) {
        let mut idents = (attribute.at..attribute.end).filter_map(|at| lexed.ident(at)).peekable();
        let is_list = idents.next() == Some("macro_use") && idents.peek().is_some();
        if is_list { idents.for_each(|name| self.name(name)) } else { self.all() }
    }

    /// One tree of a `use`; `path` are the names before it.
    fn tree(&mut self, lexed: &Lexed<'a>, mut at: usize, path: &mut Vec<&'a str>, depth: usize) {
        let entered = path.len();
        if lexed.is_path_separator(at) {
            at += 2;
        }
        if lexed.is_punct(at, '$') {
            if lexed.ident(at + 1) != Some("crate") {
                return self.all();
            }
            at += 1;
        }
        while let Some(name) = lexed.ident(at) {
            path.push(name);
            at += 1;
            if !lexed.is_path_separator(at) {
                break;
            }
            at += 2;
        }
        let first = path.first().copied().unwrap_or_default();
        let is_local = matches!(first, "crate" | "self" | "super") || self.modules.contains(&first);
        let renamed = if lexed.ident(at) == Some("as") { lexed.ident(at + 1) } else { None };
        if let Some(mate) = lexed.mate(at) {
            // Deeper lists than anybody writes are taken for the worst.
            if depth > 16 {
                return self.all();
            }
            for (from, _) in lexed.split(at + 1, mate) {
                self.tree(lexed, from, path, depth + 1);
            }
        } else if lexed.is_punct(at, '*') {
            let is_type = path.last().is_some_and(|n| n.starts_with(char::is_uppercase) && n.contains(char::is_lowercase));
            if !(is_std_crate(first) || is_local || is_type || is_harmless_glob(path)) {
                self.all();
            }
        } else if is_local || is_std_crate(first) && path.len() > 1 {
            // What comes by its own name is std's, or is found where this crate defines or imports it.
            renamed.into_iter().for_each(|n| self.name(n));
        } else if !is_std_crate(first) {
            renamed.or(path.last().copied()).into_iter().for_each(|n| self.name(n));
        }
        path.truncate(entered);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::{
        attributes::{Trust, read},
        parsing,
        source::Lines,
    };

    fn shadows(text: &str) -> (bool, bool) {
        parsing(|| {
            let lexed = Lexed::new(&Lines::new(text), text.parse().expect("tokens"));
            let trust = Trust { macros: true, derives: true };
            let attributes: Vec<_> = (0..lexed.tokens.len()).filter_map(|at| read(&lexed, at, trust)).collect();
            let mut shadows = Shadows::new(&lexed);
            (0..lexed.tokens.len()).for_each(|at| shadows.look(&lexed, at, &attributes));
            (shadows.macros, shadows.derives)
        })
    }

    #[test]
    fn harmless() {
        for text in [
            "use std::{fmt::{self, Debug}, io::prelude::*, vec};",
            "use crate::util::*; use super::*; use self::inner::{a, b as c};",
            "#[macro_use] extern crate log; use rayon::prelude::*; use super::{write, format as _}; use crate::file;",
            "mod inner; pub use inner::*; use {inner::deep::*};",
            "use crate::Shape::*; use serde::{Serialize, de::Error as _};",
            "use log::info; #[macro_use(debug)] extern crate log;",
            "extern crate alloc; #[macro_use] extern crate std; use core as std;",
            "fn f() -> impl Iterator<Item = u8> + use<> {}",
            "macro_rules! mine { () => { use $crate::inner::*; } } mod standard;",
            "#[macro_use] mod a; extern crate b;",
        ] {
            assert_eq!(shadows(text), (false, false), "{text}");
        }
    }

    #[test]
    fn names_of_std_that_mean_something_else() {
        for (text, expected) in [
            ("macro_rules! println { () => {} }", (true, false)),
            ("use pretty_assertions::{a, assert_eq};", (true, false)),
            ("use defmt::info as println;", (true, false)),
            ("use derive_more::{Debug, Display};", (false, true)),
            ("use tokio::test;", (false, true)),
            ("use other::prelude::*;", (true, true)),
            ("use {a::{b::*}};", (true, true)),
            ("#[macro_use] extern crate other;", (true, true)),
            ("use crate::mine as println;", (true, false)),
            ("use rayon::other::*;", (true, true)),
            ("#[cfg_attr(a, macro_use)] #[doc(hidden)] pub extern crate other;", (true, true)),
            ("extern crate mystd as std;", (true, true)),
            ("mod std { }", (true, true)),
            ("use mystd as core;", (true, true)),
            ("macro_rules! m { () => { use x::vec; } }", (true, false)),
            ("use std::print as println;", (true, false)),
            ("macro_rules! m { ($x:path) => { use $x; } }", (true, true)),
            ("#[macro_use(vec)] extern crate x;", (true, false)),
        ] {
            assert_eq!(shadows(text), expected, "{text}");
        }
    }
}
