//! Items by name: the one that holds a line now, and the same one in a later text of its file.
//!
//! Pure functions of text. Where a file cannot be parsed there are no items, and the lines around stand for one; they are found again
//! by what stands at both of their ends.

use std::ops::Range;

use quote::ToTokens;
use serde::{Deserialize, Serialize};
use syn::{ImplItem, Item, TraitItem, spanned::Spanned};

use crate::semantic;

/// Lines of an item; of a longer one nothing is kept.
const LONGEST: usize = 300;
/// Lines on both sides of a place in a file that has no items.
const AROUND: usize = 8;
/// Lines by which those are found again.
const ENDS: usize = 2;

/// How an item is found again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Name {
    /// `mod tests / impl Display for Foo / fn fmt`, with a number from the second of that name on.
    Item(String),
    /// Lines of a file that could not be parsed; whether they begin and end where the file does.
    Lines { first: bool, last: bool },
}

/// An item as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub name: Name,
    /// From 1.
    pub first: usize,
    pub text: String,
}

/// What holds a line. With `imports`, also the `use` items beside it, which may be none yet.
pub(super) fn holding(source: &str, line: usize, imports: bool) -> Vec<Held> {
    let Some(all) = all(source) else { return vec![around(source, line)] };
    let mut found = Vec::new();
    let innermost = all.iter().filter(|(_, range)| range.contains(&line)).min_by_key(|(_, range)| range.len());
    if let Some((name, range)) = innermost.filter(|(name, range)| range.len() <= LONGEST && !name.ends_with(USES)) {
        found.push(Held { name: Name::Item(name.clone()), first: range.start, text: lines(source, range) });
    }
    if imports {
        let module = innermost.map_or("", |(name, _)| &name[..modules(name)]);
        let name = Name::Item(format!("{module}{USES}"));
        let text = again(source, &name).unwrap_or_default();
        found.push(Held { name, first: 0, text });
    }
    found
}

/// What has become of an item; nothing if it is gone.
pub(super) fn later(source: &str, name: &Name, old: &str) -> Option<String> {
    match name {
        Name::Item(_) => again(source, name),
        Name::Lines { first, last } => between(source, old, *first, *last),
    }
}

fn again(source: &str, name: &Name) -> Option<String> {
    let Name::Item(name) = name else { return None };
    let all = all(source)?;
    if name.ends_with(USES) {
        let uses: Vec<String> = all.iter().filter(|(other, _)| other == name).map(|(_, range)| lines(source, range)).collect();
        return Some(uses.join("\n"));
    }
    all.iter().find(|(other, _)| other == name).map(|(_, range)| lines(source, range))
}

/// The end of the name of imports, which are one item in each module.
const USES: &str = "use";

/// The length of the part of a name that is its modules.
fn modules(name: &str) -> usize {
    let mut length = 0;
    for part in name.split_inclusive(" / ").filter(|part| part.ends_with(" / ")) {
        if !part.starts_with("mod ") {
            break;
        }
        length += part.len();
    }
    length
}

/// All items and members, by name, in order; nothing if the text cannot be parsed.
fn all(source: &str) -> Option<Vec<(String, Range<usize>)>> {
    semantic::parsing(|| {
        let file = syn::parse_file(source).ok()?;
        let mut found = Vec::new();
        of_module(&file.items, "", &mut found);
        let mut numbered: Vec<(String, Range<usize>)> = Vec::new();
        for (name, range) in found {
            let before = numbered.iter().filter(|(other, _)| other.split('#').next() == Some(name.as_str())).count();
            let is_uses = name.ends_with(USES);
            numbered.push((if before == 0 || is_uses { name } else { format!("{name}#{}", before + 1) }, range));
        }
        Some(numbered)
    })
}

fn of_module(items: &[Item], above: &str, found: &mut Vec<(String, Range<usize>)>) {
    for item in items {
        let mut add = |name: String, range| found.push((format!("{above}{name}"), range));
        let range = lines_of(item);
        match item {
            Item::Mod(module) => match &module.content {
                Some((_, inner)) => of_module(inner, &format!("{above}mod {} / ", module.ident), found),
                None => add(format!("mod {}", module.ident), range),
            },
            Item::Use(_) => add(USES.to_owned(), range),
            Item::Fn(item) => add(format!("fn {}", item.sig.ident), range),
            Item::Struct(item) => add(format!("struct {}", item.ident), range),
            Item::Enum(item) => add(format!("enum {}", item.ident), range),
            Item::Union(item) => add(format!("union {}", item.ident), range),
            Item::Type(item) => add(format!("type {}", item.ident), range),
            Item::Const(item) => add(format!("const {}", item.ident), range),
            Item::Static(item) => add(format!("static {}", item.ident), range),
            Item::Macro(item) => {
                let name = item.ident.as_ref().map_or_else(|| item.mac.path.to_token_stream().to_string(), ToString::to_string);
                add(format!("macro {name}"), range);
            }
            Item::Impl(item) => {
                let of = item.trait_.as_ref().map(|(path, _)| format!("{} for ", path.to_token_stream()));
                let name = format!("impl {}{}", of.unwrap_or_default(), item.self_ty.to_token_stream());
                for member in &item.items {
                    if let Some(member_name) = of_impl(member) {
                        add(format!("{name} / {member_name}"), lines_of(member));
                    }
                }
                add(name, range);
            }
            Item::Trait(item) => {
                let name = format!("trait {}", item.ident);
                for member in &item.items {
                    if let TraitItem::Fn(member) = member {
                        add(format!("{name} / fn {}", member.sig.ident), lines_of(member));
                    }
                }
                add(name, range);
            }
            _ => {}
        }
    }
}

fn of_impl(member: &ImplItem) -> Option<String> {
    match member {
        ImplItem::Fn(member) => Some(format!("fn {}", member.sig.ident)),
        ImplItem::Const(member) => Some(format!("const {}", member.ident)),
        ImplItem::Type(member) => Some(format!("type {}", member.ident)),
        _ => None,
    }
}

fn lines_of(node: &impl Spanned) -> Range<usize> {
    let span = node.span();
    span.start().line..span.end().line + 1
}

fn lines(source: &str, range: &Range<usize>) -> String {
    source.lines().skip(range.start.saturating_sub(1)).take(range.len()).collect::<Vec<_>>().join("\n")
}

fn around(source: &str, line: usize) -> Held {
    let count = source.lines().count();
    let range = line.saturating_sub(AROUND).max(1)..(line + AROUND + 1).min(count + 1).max(2);
    let name = Name::Lines { first: range.start == 1, last: range.end > count };
    Held { name, first: range.start, text: lines(source, &range) }
}

/// The lines between what stands at the ends of `old`, if that stands there once.
fn between(source: &str, old: &str, first: bool, last: bool) -> Option<String> {
    let (now, old): (Vec<&str>, Vec<&str>) = (source.lines().collect(), old.lines().collect());
    let place = |end: &[&str]| {
        let mut places = now.windows(ENDS).enumerate().filter(|(_, lines)| *lines == end).map(|(at, _)| at);
        places.next().filter(|_| places.next().is_none())
    };
    let start = if first { 0 } else { place(old.get(..ENDS)?)? };
    let end = if last { now.len() } else { place(old.get(old.len().checked_sub(ENDS)?..)?)? + ENDS };
    (start <= end && end - start <= LONGEST).then(|| now[start..end].join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "use a::B;\nuse a::C;\n\nimpl Show for Foo {\n    fn one(&self) {}\n    fn two(&self) {\n        wrong();\n    }\n}\n\n\
                          mod inner {\n    fn one() {\n        wrong();\n    }\n    fn one() {}\n}\n\n#[derive(Debug)]\nstruct Foo;\n";

    fn name(line: usize) -> String {
        match holding(SOURCE, line, false).into_iter().next() {
            Some(Held { name: Name::Item(name), .. }) => name,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn items_are_found_by_line_and_again_by_name() {
        assert_eq!((name(7).as_str(), name(4).as_str()), ("impl Show for Foo / fn two", "impl Show for Foo"));
        assert_eq!((name(13).as_str(), name(15).as_str()), ("mod inner / fn one", "mod inner / fn one#2"));
        assert_eq!((name(19).as_str(), name(1).as_str()), ("struct Foo", "None"));
        let held = holding(SOURCE, 7, true);
        assert_eq!(
            (held[0].text.as_str(), held[1].text.as_str()),
            ("    fn two(&self) {\n        wrong();\n    }", "use a::B;\nuse a::C;")
        );
        let moved = format!("// New.\nfn before() {{}}\n{}", SOURCE.replace("wrong()", "right()"));
        let later = |held: &Held| later(&moved, &held.name, &held.text);
        assert_eq!(later(&held[0]).as_deref(), Some("    fn two(&self) {\n        right();\n    }"));
        assert_eq!(super::later("fn f() {}", &held[0].name, ""), None, "it is gone");
        assert_eq!(holding(SOURCE, 13, true)[1].text, "", "modules have imports of their own");
        assert_eq!(super::later("use x::Y;\nfn f() {}", &held[1].name, "").as_deref(), Some("use x::Y;"));
    }

    #[test]
    fn without_items_the_lines_around_stand_for_one() {
        let source: String = (1..40).map(|n| format!("fn f{n}() {{ let x = {n}\n")).collect();
        let held = holding(&source, 20, false).remove(0);
        assert_eq!((held.first, held.text.lines().count()), (12, 17));
        let mended = format!("// New.\n{}", source.replace("let x = 20", "let x = 20; }"));
        let now = later(&mended, &held.name, &held.text).expect("found again");
        assert_eq!(now, held.text.replace("let x = 20", "let x = 20; }"));
        let ends = holding(&source, 1, false).remove(0);
        assert_eq!(ends.name, Name::Lines { first: true, last: false });
        assert_eq!(later("nothing\nof\nthat", &held.name, &held.text), None);
    }
}
