//! The items of a file that hold certain lines, as they stand there.
//!
//! Items are taken whole, a method with the head of its `impl`; of one that is very long, the beginning and what is around the
//! lines. A file that cannot be parsed has no items, and gives the lines around.

use std::{collections::BTreeSet, ops::Range};

use quote::ToTokens;
use syn::{ImplItem, Item, TraitItem, spanned::Spanned};

use super::{names::Names, text};

/// An `impl` or trait of so many lines is taken whole.
const SMALL: usize = 40;
/// Lines of an item, or else it is cut.
const MOST_LINES: usize = 160;
/// Lines that are shown on both sides of a place in a long item.
const AROUND: usize = 30;
/// In a file that cannot be parsed.
const AROUND_NOTHING: usize = 12;
/// Lines of imports.
const MOST_IMPORTS: usize = 40;

/// The pieces, by their first lines; `names` learns what they mention.
pub(super) fn around(source: &str, lines: &BTreeSet<usize>, budget: usize, names: &mut Names) -> Vec<(usize, String)> {
    let mut pieces: Vec<(usize, String)> = Vec::new();
    let mut left = budget;
    let mut add = |line: usize, piece: String| {
        // What does not fit at all is cut, never left out: it is what the error is about.
        let fits = text::head(&piece, left.max(budget / 4)).to_owned();
        left = left.saturating_sub(fits.len());
        if !fits.is_empty() && !pieces.iter().any(|(other, _)| *other == line) {
            pieces.push((line, fits));
        }
    };
    let Ok(file) = syn::parse_file(source) else {
        windows(lines, AROUND_NOTHING).into_iter().for_each(|range| add(range.start, text::lines(source, range)));
        return pieces;
    };
    let mut groups: Vec<(Range<usize>, Found<'_>, BTreeSet<usize>)> = Vec::new();
    for line in lines {
        let Some((found, imports)) = find(&file.items, *line) else {
            add(line.saturating_sub(2).max(1), text::lines(source, line.saturating_sub(2).max(1)..line + 3));
            continue;
        };
        if let Some((first, imports)) = imports_of(source, imports) {
            add(first, imports);
        }
        let range = found.lines();
        match groups.iter_mut().find(|(other, ..)| *other == range) {
            Some((_, _, places)) => drop(places.insert(*line)),
            None => groups.push((range, found, BTreeSet::from([*line]))),
        }
    }
    for (range, found, places) in groups {
        names.of_code(found.tokens());
        let body = shortened(source, &range, &places);
        match found.head() {
            Some(head) => add(range.start, format!("{}\n    // …\n{body}\n}}", text::lines(source, head))),
            None => add(range.start, body),
        }
    }
    pieces
}

/// An item, or a member of one with what is around it.
enum Found<'a> {
    Item(&'a Item),
    /// The lines of the head, and its tokens.
    OfImpl(Range<usize>, &'a syn::ItemImpl, &'a ImplItem),
    OfTrait(Range<usize>, &'a TraitItem),
}

impl Found<'_> {
    fn lines(&self) -> Range<usize> {
        match self {
            Self::Item(item) => lines_of(item),
            Self::OfImpl(.., member) => lines_of(member),
            Self::OfTrait(_, member) => lines_of(member),
        }
    }

    fn head(&self) -> Option<Range<usize>> {
        match self {
            Self::Item(_) => None,
            Self::OfImpl(head, ..) | Self::OfTrait(head, _) => Some(head.clone()),
        }
    }

    fn tokens(&self) -> proc_macro2::TokenStream {
        match self {
            Self::Item(item) => item.to_token_stream(),
            Self::OfImpl(_, item, member) => {
                let mut tokens = member.to_token_stream();
                item.generics.to_tokens(&mut tokens);
                item.generics.where_clause.to_tokens(&mut tokens);
                item.trait_.iter().for_each(|(path, _)| path.to_tokens(&mut tokens));
                item.self_ty.to_tokens(&mut tokens);
                tokens
            }
            Self::OfTrait(_, member) => member.to_token_stream(),
        }
    }
}

/// From the first line to the one behind the last.
pub(super) fn lines_of(node: &impl Spanned) -> Range<usize> {
    let span = node.span();
    span.start().line..span.end().line + 1
}

/// What holds a line, and the items beside it.
fn find(items: &[Item], line: usize) -> Option<(Found<'_>, &[Item])> {
    let item = items.iter().find(|item| lines_of(*item).contains(&line))?;
    let is_small = lines_of(item).len() <= SMALL;
    match item {
        Item::Mod(syn::ItemMod { content: Some((_, inner)), .. }) => {
            find(inner, line).or(Some((Found::Item(item), items)).filter(|_| is_small))
        }
        Item::Impl(the) if !is_small => {
            let member = the.items.iter().find(|member| lines_of(*member).contains(&line))?;
            let head = the.span().start().line..the.brace_token.span.open().start().line + 1;
            Some((Found::OfImpl(head, the, member), items))
        }
        Item::Trait(the) if !is_small => {
            let member = the.items.iter().find(|member| lines_of(*member).contains(&line))?;
            let head = the.span().start().line..the.brace_token.span.open().start().line + 1;
            Some((Found::OfTrait(head, member), items))
        }
        _ => Some((Found::Item(item), items)),
    }
}

/// The imports of a module, if there are any.
fn imports_of(source: &str, items: &[Item]) -> Option<(usize, String)> {
    let uses: Vec<Range<usize>> = items.iter().filter(|item| matches!(item, Item::Use(_))).map(lines_of).collect();
    let first = uses.first()?.start;
    let all: Vec<String> = uses.into_iter().map(|range| text::lines(source, range)).collect();
    Some((first, all.join("\n").lines().take(MOST_IMPORTS).collect::<Vec<_>>().join("\n")))
}

/// The lines of an item, or what matters of them.
fn shortened(source: &str, range: &Range<usize>, places: &BTreeSet<usize>) -> String {
    if range.len() <= MOST_LINES {
        return text::lines(source, range.clone());
    }
    let mut shown = windows(places, AROUND);
    shown.insert(0, range.start..range.start + 5);
    let mut out = String::new();
    let mut at = range.start;
    for window in shown {
        let window = window.start.max(at)..window.end.min(range.end);
        if window.is_empty() {
            continue;
        }
        if window.start > at {
            out.push_str("    // …\n");
        }
        out.push_str(&text::lines(source, window.clone()));
        out.push('\n');
        at = window.end;
    }
    if at < range.end {
        out.push_str("    // …\n");
        out.push_str(&text::lines(source, range.end - 1..range.end));
    }
    out.trim_end().to_owned()
}

/// So many lines on both sides of each, joined where they touch.
fn windows(lines: &BTreeSet<usize>, around: usize) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = Vec::new();
    for line in lines {
        let window = line.saturating_sub(around).max(1)..line + around + 1;
        match all.last_mut() {
            Some(last) if last.end >= window.start => last.end = window.end,
            _ => all.push(window),
        }
    }
    all
}
