//! Functions of a source text that can be edited as people edit them: private, compiled once, with a body of some lines.
//!
//! Pure; what is not understood (macros, code under `cfg`, text that does not parse) has no sites.

use std::ops::Range;

use syn::{Attribute, Block, ImplItem, Item, Signature, Visibility, spanned::Spanned};

use crate::semantic::{functions, parsing};

/// Attributes that say nothing about whether, or how often, a function is compiled.
const HARMLESS: [&str; 5] = ["doc", "allow", "expect", "must_use", "cold"];

/// One function. Offsets are bytes of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    pub function: String,
    /// Lines of the body.
    pub lines: usize,
    /// Behind the brace that opens the body, which ends its line.
    pub body: usize,
    /// Behind the name, where generic parameters would stand.
    pub generics: usize,
    pub doc: Doc,
}

/// Where documentation is edited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doc {
    /// At the end of a `///` line.
    Longer(usize),
    /// At the end of the line in front of the function.
    New(usize),
}

/// The sites of a text, the longest bodies first.
pub fn sites(text: &str) -> Vec<Site> {
    let mut found = parsing(|| {
        let mut found = Vec::new();
        if let Ok(file) = syn::parse_file(text) {
            of_items(text, &file.items, &mut found);
        }
        found
    });
    found.sort_by_key(|s| (std::cmp::Reverse(s.lines), s.body));
    found
}

fn of_items(text: &str, items: &[Item], found: &mut Vec<Site>) {
    for item in items {
        match item {
            Item::Fn(f) => found.extend(site(text, &f.attrs, &f.vis, &f.sig, &f.block, f.span().byte_range())),
            Item::Mod(m) if are_harmless(&m.attrs) => {
                let items = m.content.as_ref().map_or(&[][..], |(_, items)| items);
                of_items(text, items, found);
            }
            Item::Impl(i) if i.trait_.is_none() && are_harmless(&i.attrs) && functions::of_impl(i).exact => {
                for item in &i.items {
                    if let ImplItem::Fn(f) = item {
                        found.extend(site(text, &f.attrs, &f.vis, &f.sig, &f.block, f.span().byte_range()));
                    }
                }
            }
            _ => {}
        }
    }
}

fn are_harmless(attrs: &[Attribute]) -> bool {
    attrs.iter().all(|a| HARMLESS.iter().any(|name| a.path().is_ident(name)))
}

fn site(text: &str, attrs: &[Attribute], vis: &Visibility, sig: &Signature, block: &Block, whole: Range<usize>) -> Option<Site> {
    // `main` can have no lifetimes, and those that there are might be named by callers.
    let plain = matches!(vis, Visibility::Inherited) && sig.generics.params.is_empty() && sig.ident != "main";
    if !plain || !are_harmless(attrs) || !functions::of_signature(sig).exact || block.stmts.is_empty() {
        return None;
    }
    let body = block.brace_token.span.open().byte_range().end;
    let end = block.brace_token.span.close().byte_range().start;
    let rest = text.get(body..end)?;
    let (first, _) = rest.split_once('\n')?;
    if !first.trim().is_empty() {
        return None;
    }
    let generics = sig.ident.span().byte_range().end;
    Some(Site {
        function: sig.ident.to_string(),
        lines: rest.lines().count(),
        body,
        generics,
        doc: doc(text, attrs, whole.start)?,
    })
}

fn doc(text: &str, attrs: &[Attribute], start: usize) -> Option<Doc> {
    let mut lines = attrs.iter().map(|a| a.span().byte_range()).filter(|r| text[r.clone()].starts_with("///"));
    if let Some(last) = lines.next_back() {
        // A carriage return is not part of it.
        return Some(Doc::Longer(last.start + text[last].trim_end().len()));
    }
    let before = text[..start].rfind('\n')?;
    let before = if text[..before].ends_with('\r') { before - 1 } else { before };
    let line = text[..before].rsplit('\n').next().unwrap_or_default();
    let may = !line.contains("//") && (line.trim().is_empty() || line.trim_end().ends_with(['{', '}', ';']));
    may.then_some(Doc::New(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        sites(text).into_iter().map(|s| s.function).collect()
    }

    #[test]
    fn private_functions_with_bodies_are_found_the_longest_first() {
        let text = "\nfn short() {\n    x();\n}\n\nmod m {\n    fn long() {\n        x();\n        y();\n    }\n}\n\n\
                    impl S {\n    fn method(&self) {\n        x();\n        y();\n        z();\n    }\n}\n";
        assert_eq!(names(text), ["method", "long", "short"]);
    }

    #[test]
    fn what_others_see_or_nobody_compiles_is_none() {
        for none in [
            "pub fn f() {\n    x();\n}",
            "fn f<T>() {\n    x();\n}",
            "const fn f() {\n    x();\n}",
            "#[inline]\nfn f() {\n    x();\n}",
            "#[test]\nfn f() {\n    x();\n}",
            "#[cfg(test)]\nmod t {\n    fn f() {\n        x();\n    }\n}",
            "impl<T> S<T> {\n    fn f() {\n        x();\n    }\n}",
            "impl T for S {\n    fn f() {\n        x();\n    }\n}",
            "fn f() { x(); }",
            "fn main() {\n    x();\n}",
            "fn f() {\n}",
            "m! {\n    fn f() {\n        x();\n    }\n}",
            "fn f( {",
        ] {
            assert!(names(&format!("\n{none}\n")).is_empty(), "{none}");
        }
    }
}
