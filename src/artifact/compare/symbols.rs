//! The symbol tables of two ELF files, as sets: which names stand for how much of what.
//!
//! Left out is the hash that ThinLTO appends to local symbols which it makes visible to other objects (`.llvm.` and
//! digits): it covers the content of sources through debug information.

use object::{File, Object, ObjectSection, ObjectSymbol, SectionIndex, SymbolIndex, SymbolKind, SymbolSection};

/// How many symbols are named on either side.
const EXAMPLES: usize = 3;
const PROMOTED: &str = ".llvm.";

/// A name of a symbol or section without the hash of a promoted local.
pub(super) fn stable_name(name: &str) -> String {
    let mut parts = name.split(PROMOTED);
    let mut stable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        stable.push_str(PROMOTED);
        stable.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    stable
}

/// A symbol's name, or that of the section for which it stands.
pub(super) fn name_at(file: &File<'_>, symbol: SymbolIndex) -> String {
    let Ok(symbol) = file.symbol_by_index(symbol) else { return "no symbol".into() };
    let name = symbol.name_bytes().unwrap_or_default();
    match symbol.section_index() {
        Some(section) if name.is_empty() => section_name(file, section),
        _ => stable_name(&String::from_utf8_lossy(name)),
    }
}

pub(super) fn section_name(file: &File<'_>, section: SectionIndex) -> String {
    let section = file.section_by_index(section);
    stable_name(&String::from_utf8_lossy(section.as_ref().map_or(&[], |s| s.name_bytes().unwrap_or_default())))
}

/// Symbols of one that the other does not have with the same size, place and visibility.
pub(super) fn differences(a: &File<'_>, b: &File<'_>) -> Vec<String> {
    let [a, b] = [a, b].map(all);
    let mut found = Vec::new();
    for (these, others, which) in [(&a, &b, "first"), (&b, &a, "second")] {
        let only: Vec<&Symbol> = without(these, others);
        found.extend(only.iter().take(EXAMPLES).map(|s| format!("symbol {} is in the {which} only", s.sentence())));
        if only.len() > EXAMPLES {
            found.push(format!("{} more symbols are in the {which} only", only.len() - EXAMPLES));
        }
    }
    found
}

/// One entry; the order is that of names.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Symbol {
    name: String,
    section: String,
    address: u64,
    size: u64,
    /// Kind, binding and visibility.
    how: String,
}

impl Symbol {
    fn sentence(&self) -> String {
        format!(
            "{:#} ({} bytes at {:#x} of {}, {})",
            rustc_demangle::demangle(&self.name),
            self.size,
            self.address,
            self.section,
            self.how
        )
    }
}

/// Sorted.
fn all(file: &File<'_>) -> Vec<Symbol> {
    let of = |symbol: object::Symbol<'_, '_>| Symbol {
        name: name_at(file, symbol.index()),
        section: match symbol.section() {
            SymbolSection::Section(section) => section_name(file, section),
            other => format!("{other:?}"),
        },
        address: symbol.address(),
        size: symbol.size(),
        how: format!("{:?}, {:?}{}", symbol.kind(), symbol.scope(), if symbol.is_weak() { ", weak" } else { "" }),
    };
    // A symbol that only stands for a section says no more than the section.
    let named = file.symbols().filter(|symbol| symbol.kind() != SymbolKind::Section);
    let mut symbols: Vec<Symbol> = named.map(of).collect();
    symbols.sort();
    symbols
}

/// What of the sorted `these` is not in the sorted `others`, each occurrence counted.
fn without<'a>(these: &'a [Symbol], others: &[Symbol]) -> Vec<&'a Symbol> {
    let mut others = others.iter().peekable();
    let is_missing = |symbol: &&Symbol| {
        while others.next_if(|other| other < symbol).is_some() {}
        others.next_if(|other| other == symbol).is_none()
    };
    these.iter().filter(is_missing).collect()
}
