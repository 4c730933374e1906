//! What the attributes of a text say, read from its tokens wherever they stand, macro input included.

use super::{
    lex::{Kind, Lexed},
    names,
    tables::{is_built_in, is_inert, is_std_attribute_macro, is_std_crate, is_std_derive, is_tool},
};

/// How an attribute bears on what stands under it. The order is that of growing doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Of the language, and says nothing of how a body reaches other crates.
    Inert,
    /// `#[inline]`: of the language; matters only to generated code.
    Inline,
    /// Of the language.
    BuiltIn,
    /// May be a macro that rewrites what it stands on.
    Unknown,
}

/// One attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Index of its `#`.
    pub at: usize,
    /// Index of its `]`.
    pub end: usize,
    pub class: Class,
    /// Index of the text of `#[doc = "text"]`.
    pub doc: Option<usize>,
    /// `#[path = "…"]`: the path, and whether a `cfg_attr` decides if it counts.
    pub paths: Vec<(bool, String)>,
    /// Indexes of the literals of `paths`.
    pub path_literals: Vec<usize>,
    /// Names of attributes and derives that are not built in.
    pub unknown: Vec<String>,
    /// Whether it turns on features of an unstable compiler.
    pub features: bool,
    pub macro_use: bool,
}

/// What the rest of the crate says of names: whether those of std are what they seem.
#[derive(Clone, Copy)]
pub struct Trust {
    pub macros: bool,
    pub derives: bool,
}

/// The attribute that begins at `at`, if one does.
pub fn read(lexed: &Lexed<'_>, at: usize, trust: Trust) -> Option<Attribute> {
    if !lexed.is_punct(at, '#') {
        return None;
    }
    let open = at + 1 + usize::from(lexed.is_punct(at + 1, '!'));
    let end = lexed.mate(open)?;
    if lexed.text_of(open) != "[" {
        return None;
    }
    let mut attribute = Attribute {
        at,
        end,
        class: Class::Inert,
        doc: None,
        paths: Vec::new(),
        path_literals: Vec::new(),
        unknown: Vec::new(),
        features: false,
        macro_use: false,
    };
    let is_doc = lexed.ident(open + 1) == Some("doc") && lexed.is_punct(open + 2, '=') && end == open + 4;
    if is_doc && lexed.tokens[open + 3].kind == Kind::Literal && names::string(lexed.text_of(open + 3)).is_some() {
        attribute.doc = Some(open + 3);
    }
    meta(lexed, open + 1, end, false, trust, &mut attribute);
    Some(attribute)
}

/// One `name`, `name = value` or `name(…)` in `from..to`.
fn meta(lexed: &Lexed<'_>, from: usize, to: usize, conditional: bool, trust: Trust, into: &mut Attribute) {
    let (first, last, after) = path(lexed, from, to);
    let inside = lexed.mate(after).map(|mate| (after + 1, mate));
    let is_plain = first == last;
    match (is_plain, last.as_str(), inside) {
        (true, "unsafe", Some((open, close))) => return meta(lexed, open, close, conditional, trust, into),
        (true, "cfg_attr", Some((open, close))) => {
            let is_docs = lexed.ident(open).is_some_and(|n| n == "docsrs") && lexed.is_punct(open + 1, ',');
            for (from, to) in lexed.split(open, close).into_iter().skip(1) {
                let had = into.features;
                meta(lexed, from, to, true, trust, into);
                into.features &= had || !(is_docs && is_doc_feature(lexed, from, to));
            }
            return;
        }
        (true, "derive", Some((open, close))) => {
            for (from, to) in lexed.split(open, close) {
                let (first, last, after) = path(lexed, from, to);
                let is_std = trust.derives && (first == last || is_std_crate(&first));
                if !(after == to && is_std && is_std_derive(&last)) {
                    into.unknown.push(last);
                }
            }
        }
        (true, "path", None) if lexed.is_punct(after, '=') => {
            let value = names::string(lexed.text_of(after + 1));
            into.paths.extend(value.map(|v| (conditional, v)));
            into.path_literals.push(after + 1);
        }
        (true, "feature", _) => into.features = true,
        (true, "macro_use", _) => into.macro_use = true,
        _ => {}
    }
    let class = if is_tool(&first) && !is_plain {
        Class::Inert
    } else if !is_plain || is_std_attribute_macro(&last) && !trust.derives {
        Class::Unknown
    } else if is_inert(&last) {
        Class::Inert
    } else if last == "inline" {
        Class::Inline
    } else if is_built_in(&last) {
        Class::BuiltIn
    } else {
        Class::Unknown
    };
    let is_unknown = class == Class::Unknown || !into.unknown.is_empty();
    into.class = if is_unknown { Class::Unknown } else { into.class.max(class) };
    // A metavariable stands for what is written where the macro is called.
    if class == Class::Unknown && last != "derive" && last != "$" {
        into.unknown.push(last);
    }
}

/// First and last name of the path that begins at `from`, and what index follows it.
fn path(lexed: &Lexed<'_>, from: usize, to: usize) -> (String, String, usize) {
    let mut at = if lexed.is_path_separator(from) { from + 2 } else { from };
    let name = |at: usize| if at < to { lexed.text_of(at).trim_start_matches("r#").to_owned() } else { String::new() };
    let first = name(at);
    // `::a` is never the plain name `a`.
    let first = if at == from { first } else { format!("::{first}") };
    while lexed.is_path_separator(at + 1) && at + 3 < to {
        at += 3;
    }
    (first, name(at), (at + 1).min(to))
}

/// `feature(doc_cfg)` and the like, which only rustdoc asks for.
fn is_doc_feature(lexed: &Lexed<'_>, from: usize, to: usize) -> bool {
    let idents = (from + 1..to).filter_map(|at| lexed.ident(at));
    lexed.ident(from) == Some("feature") && idents.into_iter().all(|name| name.starts_with("doc"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::semantic::{parsing, source::Lines};

    fn of(text: &str) -> Attribute {
        parsing(|| {
            let lexed = Lexed::new(&Lines::new(text), text.parse().expect("tokens"));
            read(&lexed, 0, Trust { macros: true, derives: true }).expect("an attribute")
        })
    }

    #[test]
    fn classes() {
        for (text, class) in [
            ("#[allow(unused)]", Class::Inert),
            ("#![warn(clippy::all)]", Class::Inert),
            ("#[rustfmt::skip]", Class::Inert),
            ("#[unsafe(no_mangle)]", Class::Inert),
            ("#[cfg_attr(a, must_use, cold)]", Class::Inert),
            ("#[cfg_attr(a, inline)]", Class::Inline),
            ("#[inline(always)]", Class::Inline),
            ("#[cfg_attr(a, allow(x), tokio::main)]", Class::Unknown),
            ("#[target_feature(enable = \"sse\")]", Class::BuiltIn),
            ("#[derive(Debug, std::hash::Hash)]", Class::BuiltIn),
            ("#[derive(Debug, serde::Debug)]", Class::Unknown),
            ("#[derive(Debug, Serialize)]", Class::Unknown),
            ("#[::rustfmt::skip]", Class::Unknown),
            ("#[instrument]", Class::Unknown),
        ] {
            assert_eq!(of(text).class, class, "{text}");
        }
    }

    #[test]
    fn contents() {
        assert_eq!(of("#[derive(Debug, A, b::C)]").unknown, ["A", "C"]);
        assert_eq!(of("#[doc = \"x\"]").doc, Some(4));
        for kept in ["#[doc = b\"x\"]", "#[doc = concat!(\"x\")]", "#[doc(hidden)]", "#[doc = include_str!(\"x\")]"] {
            assert_eq!(of(kept).doc, None, "{kept}");
        }
        assert_eq!(of("#[path = \"a.rs\"]").paths, [(false, "a.rs".to_owned())]);
        assert_eq!(of("#[cfg_attr(x, path = \"a.rs\")]").paths, [(true, "a.rs".to_owned())]);
        assert!(of("#![feature(x)]").features && of("#![cfg_attr(x, feature(doc_cfg))]").features);
        assert!(of("#![cfg_attr(docsrs, feature(doc_cfg), feature(x))]").features);
        assert!(!of("#![cfg_attr(docsrs, feature(doc_cfg))]").features);
    }
}
