//! Definitions of names, found in the sources of the workspace.
//!
//! A source is parsed only if its text defines one of the names. Types stand there whole if they are not too long, traits
//! without the bodies of their methods, functions as signatures, and implementations as their first line. Names are taken as
//! they are, wherever they are defined: two types of one name are both shown.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use ignore::WalkBuilder;
use regex::Regex;
use syn::{ImplItem, Item, TraitItem, spanned::Spanned};

use super::{Inside, Piece, item::lines_of, names::Names, text};
use crate::semantic;

/// Sources that are looked through.
const MOST_FILES: usize = 3_000;
/// Lines of one definition.
const MOST_LINES: usize = 60;
/// Definitions altogether.
const MOST: usize = 40;

static DEFINES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\b(?:struct|enum|union|trait|type|fn|const|static|macro_rules!)\s+(?:mut\s+)?(\w+)|\bimpl\b[^{;]*").ok()
});

/// What is looked for in one source.
struct Wanted<'a> {
    names: &'a Names,
    /// Messages point at these.
    lines: &'a BTreeSet<usize>,
}

impl Wanted<'_> {
    fn is_told(&self, name: &str, lines: Range<usize>) -> bool {
        self.names.told.contains(name) || self.lines.range(lines).next().is_some()
    }
}

/// What defines the names or is pointed at, which with the names that messages mention comes first, until `budget` bytes are
/// used; `is_seen` tells by file and line what need not be shown again.
pub(super) fn find(
    inside: &Inside,
    names: &Names,
    pointed_at: &[(PathBuf, BTreeSet<usize>)],
    budget: usize,
    is_seen: impl Fn(&str, usize) -> bool,
) -> Vec<Piece> {
    let nothing = BTreeSet::new();
    let mut found: Vec<(Rank, Piece)> = Vec::new();
    for path in sources(inside) {
        let lines = pointed_at.iter().find(|(other, _)| *other == path).map_or(&nothing, |(_, lines)| lines);
        let Some(source) = inside.read(&path).filter(|source| !lines.is_empty() || defines_any(source, names)) else { continue };
        let wanted = Wanted { names, lines };
        let file = inside.shown(&path);
        let here = semantic::parsing(|| {
            syn::parse_file(&source).map(|tree| of_items(&source, &tree.items, &wanted)).unwrap_or_default()
        });
        for (rank, line, text) in here {
            if !is_seen(&file, line) {
                found.push((rank, Piece { file: file.clone(), line, text, involved: false }));
            }
        }
    }
    found.sort_by_key(|(rank, _)| *rank);
    let mut left = budget;
    let mut shown: BTreeSet<(String, usize)> = BTreeSet::new();
    let mut pieces = Vec::new();
    for (_, piece) in found {
        if pieces.len() < MOST && piece.text.len() <= left && shown.insert((piece.file.clone(), piece.line)) {
            left -= piece.text.len();
            pieces.push(piece);
        }
    }
    pieces
}

/// What is shown first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// A message mentions it.
    Told,
    /// The code does.
    Used,
    Called,
    /// An implementation for a type that is mentioned.
    Implements,
}

fn sources(inside: &Inside) -> Vec<PathBuf> {
    let dirs: Vec<&Path> =
        if inside.members.is_empty() { vec![&inside.root] } else { inside.members.iter().map(PathBuf::as_path).collect() };
    let mut all = BTreeSet::new();
    for dir in dirs {
        let walk = WalkBuilder::new(dir).follow_links(false).sort_by_file_name(std::cmp::Ord::cmp).build();
        let files = walk.flatten().map(ignore::DirEntry::into_path).filter_map(|path| inside.allowed(&path));
        all.extend(files.take(MOST_FILES.saturating_sub(all.len())));
    }
    all.into_iter().collect()
}

fn defines_any(source: &str, names: &Names) -> bool {
    let Some(pattern) = &*DEFINES else { return false };
    pattern.captures_iter(source).any(|found| match found.get(1) {
        Some(name) => names.has(name.as_str()),
        None => words(&found[0]).any(|word| names.told.contains(word)),
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

fn of_items(source: &str, items: &[Item], wanted: &Wanted<'_>) -> Vec<(Rank, usize, String)> {
    let mut found = Vec::new();
    for item in items {
        let line = item.span().start().line;
        let rank = |ident: &syn::Ident| {
            let name = ident.to_string();
            if wanted.is_told(&name, lines_of(item)) {
                return Some(Rank::Told);
            }
            wanted.names.used.contains(&name).then_some(Rank::Used)
        };
        let whole = || capped(source, lines_of(item));
        let definition = match item {
            Item::Struct(the) => rank(&the.ident).map(|rank| (rank, whole())),
            Item::Enum(the) => rank(&the.ident).map(|rank| (rank, whole())),
            Item::Union(the) => rank(&the.ident).map(|rank| (rank, whole())),
            Item::Type(the) => rank(&the.ident).map(|rank| (rank, whole())),
            Item::Const(the) => rank(&the.ident).map(|rank| (rank, whole())),
            Item::Static(the) => rank(&the.ident).map(|rank| (rank, whole())),
            Item::Macro(the) => the.ident.as_ref().and_then(rank).map(|rank| (rank, whole())),
            Item::Trait(the) => rank(&the.ident).map(|rank| (rank, outline(source, the))),
            Item::Fn(the) => signature_if_called(&the.sig, the.span(), &the.block, source, wanted),
            Item::Impl(the) => {
                found.extend(of_impl(source, the, wanted));
                None
            }
            Item::Mod(syn::ItemMod { content: Some((_, inner)), attrs, .. }) => {
                if !attrs.iter().any(is_test) {
                    found.extend(of_items(source, inner, wanted));
                }
                None
            }
            _ => None,
        };
        found.extend(definition.map(|(rank, text)| (rank, line, text)));
    }
    found
}

fn is_test(attribute: &syn::Attribute) -> bool {
    matches!(&attribute.meta, syn::Meta::List(list) if list.path.is_ident("cfg") && list.tokens.to_string() == "test")
}

fn signature_if_called(
    sig: &syn::Signature,
    span: proc_macro2::Span,
    block: &syn::Block,
    source: &str,
    wanted: &Wanted<'_>,
) -> Option<(Rank, String)> {
    let name = sig.ident.to_string();
    let rank = if wanted.is_told(&name, span.start().line..span.end().line + 1) {
        Rank::Told
    } else if wanted.names.called.contains(&name) {
        Rank::Called
    } else {
        return None;
    };
    Some((rank, format!("{} {{ … }}", source.get(until_body(span, block))?.trim_end())))
}

/// Everything in front of a body.
fn until_body(span: proc_macro2::Span, block: &syn::Block) -> Range<usize> {
    span.byte_range().start..block.brace_token.span.open().byte_range().start
}

/// The head of an implementation, and the signatures of those of its methods that are called, if it is for something mentioned.
fn of_impl(source: &str, the: &syn::ItemImpl, wanted: &Wanted<'_>) -> Option<(Rank, usize, String)> {
    let head = source.get(the.span().byte_range().start..the.brace_token.span.open().byte_range().start)?.trim_end();
    let mentions = |set: &BTreeSet<String>| match &*the.self_ty {
        syn::Type::Path(path) => path.path.segments.last().is_some_and(|last| set.contains(&last.ident.to_string())),
        _ => false,
    };
    let of_trait = the.trait_.as_ref().and_then(|(path, _)| path.segments.last()).map(|last| last.ident.to_string());
    let is_used = mentions(&wanted.names.used);
    let is_told = mentions(&wanted.names.told) || wanted.lines.range(lines_of(the)).next().is_some();
    let trait_is_told = of_trait.as_ref().is_some_and(|name| wanted.names.told.contains(name));
    if !is_told && !is_used && !trait_is_told {
        return None;
    }
    let mut methods = String::new();
    for member in &the.items {
        if let ImplItem::Fn(method) = member
            && let Some((_, signature)) = signature_if_called(&method.sig, method.span(), &method.block, source, wanted)
        {
            methods.push_str(&format!("    {signature}\n"));
        }
    }
    if methods.is_empty() && !(is_told || trait_is_told) {
        return None;
    }
    let rank = if is_told && !methods.is_empty() { Rank::Told } else { Rank::Implements };
    Some((rank, the.span().start().line, format!("{head} {{\n{methods}    // …\n}}")))
}

/// A trait without bodies.
fn outline(source: &str, the: &syn::ItemTrait) -> String {
    let all = the.span().byte_range();
    let mut out = String::new();
    let mut at = all.start;
    for member in &the.items {
        if let TraitItem::Fn(syn::TraitItemFn { default: Some(block), .. }) = member {
            let body = block.span().byte_range();
            out.push_str(source.get(at..body.start).unwrap_or_default());
            out.push_str("{ … }");
            at = body.end;
        }
    }
    out.push_str(source.get(at..all.end).unwrap_or_default());
    capped(&out, 1..out.lines().count() + 1)
}

/// Not more lines than may be.
fn capped(source: &str, lines: Range<usize>) -> String {
    let text = text::lines(source, lines.start..lines.end.min(lines.start + MOST_LINES));
    if lines.len() > MOST_LINES { format!("{text}\n    // …") } else { text }
}
