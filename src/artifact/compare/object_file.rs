//! Two ELF files, section by section: objects, executables and shared libraries alike.
//!
//! Left out are: tables that only say where names and other sections stand (they are compared through what they name);
//! bitcode for link-time optimisation, which holds the hash of the sources' content; metadata in shared libraries, for the
//! same reason; the content of a build identifier, which is a hash of all the rest.

use std::collections::BTreeMap;

use object::{
    File, Object, ObjectComdat, ObjectSection, RelocationFlags, RelocationTarget, Section, SectionFlags, SectionKind, elf,
};

use super::{bytes, symbols};

/// Content that may differ, see above.
const NOT_COMPARED: [&str; 4] = [".llvmbc", ".llvmcmd", ".rmeta", ".rustc"];
/// Of these only the size counts.
const BUILD_ID: &str = ".note.gnu.build-id";

pub(super) fn differences(a: &File<'_>, b: &File<'_>) -> Vec<String> {
    let heads = [a, b].map(|f| (f.architecture(), f.kind(), f.flags(), f.entry()));
    if heads[0] != heads[1] {
        return vec!["the kind of file, its flags or its entry point differ".into()];
    }
    let [listed_a, listed_b] = [a, b].map(sections);
    let mut found = Vec::new();
    for (only, others, which) in [(&listed_a, &listed_b, "first"), (&listed_b, &listed_a, "second")] {
        let missing = only.iter().filter(|(key, _)| !others.contains_key(*key));
        found.extend(missing.map(|((name, _), _)| format!("section {name} is in the {which} only")));
    }
    let order = |listed: &BTreeMap<Key, Section<'_, '_>>| {
        let mut keys: Vec<_> = listed.iter().map(|(key, section)| (section.index().0, key.clone())).collect();
        keys.sort();
        keys.into_iter().map(|(_, key)| key).collect::<Vec<_>>()
    };
    if found.is_empty() && order(&listed_a) != order(&listed_b) {
        found.push("the sections stand in another order".into());
    }
    for (key, section_a) in &listed_a {
        if let Some(section_b) = listed_b.get(key) {
            let what = section((a, section_a), (b, section_b));
            found.extend(what.into_iter().map(|what| format!("section {} {what}", key.0)));
        }
    }
    if groups(a) != groups(b) {
        found.push("the groups of sections (COMDAT) differ".into());
    }
    found.extend(symbols::differences(a, b));
    found
}

/// A section's name without what depends on the content of sources, and which one of that name it is.
type Key = (String, usize);

fn sections<'data, 'file>(file: &'file File<'data>) -> BTreeMap<Key, Section<'data, 'file>> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut listed = BTreeMap::new();
    for section in file.sections() {
        let name = symbols::stable_name(&String::from_utf8_lossy(section.name_bytes().unwrap_or_default()));
        if is_compared(&name, &section) {
            let count = counts.entry(name.clone()).or_default();
            listed.insert((name, *count), section);
            *count += 1;
        }
    }
    listed
}

fn is_compared(name: &str, section: &Section<'_, '_>) -> bool {
    let is_loaded = matches!(section.flags(), SectionFlags::Elf { sh_flags } if sh_flags & u64::from(elf::SHF_ALLOC) != 0);
    // Tables of names, symbols, groups and relocations are all of this kind.
    is_loaded || !(NOT_COMPARED.contains(&name) || section.kind() == SectionKind::Metadata)
}

/// Which sections a linker keeps or drops together, by the symbol that decides about it.
fn groups(file: &File<'_>) -> Vec<(String, Vec<String>)> {
    let of = |group: object::Comdat<'_, '_>| {
        let sections = group.sections().map(|section| symbols::section_name(file, section)).collect();
        (symbols::stable_name(&String::from_utf8_lossy(group.name_bytes().unwrap_or_default())), sections)
    };
    file.comdats().map(of).collect()
}

fn section(a: (&File<'_>, &Section<'_, '_>), b: (&File<'_>, &Section<'_, '_>)) -> Vec<String> {
    let heads = [a.1, b.1].map(|s| (s.flags(), s.kind(), s.align(), s.address()));
    if heads[0] != heads[1] {
        return vec!["has other flags, alignment or address".into()];
    }
    let mut found = Vec::new();
    match [a.1, b.1].map(Section::data) {
        [Ok(data_a), Ok(data_b)] => {
            let is_id = a.1.name() == Ok(BUILD_ID) && data_a.len() == data_b.len();
            found.extend(if is_id { None } else { bytes(data_a, data_b) });
        }
        _ => found.push("cannot be read".into()),
    }
    if a.1.size() != b.1.size() && found.is_empty() {
        found.push(format!("has {} bytes in one and {} in the other", a.1.size(), b.1.size()));
    }
    let [relocations_a, relocations_b] = [a, b].map(|(file, section)| relocations(file, section));
    let differ = relocations_a.iter().zip(&relocations_b).find(|(a, b)| a != b);
    if let Some((a, b)) = differ {
        found
            .push(format!("refers from byte {:#x} to {} in one, and from byte {:#x} to {} in the other", a.at, a.to, b.at, b.to));
    } else if relocations_a.len() != relocations_b.len() {
        found.push(format!("has {} relocations in one and {} in the other", relocations_a.len(), relocations_b.len()));
    }
    found
}

#[derive(PartialEq, Eq)]
struct Relocation {
    at: u64,
    to: String,
    how: RelocationFlags,
}

fn relocations(file: &File<'_>, section: &Section<'_, '_>) -> Vec<Relocation> {
    let of = |(at, r): (u64, object::Relocation)| {
        let target = match r.target() {
            RelocationTarget::Symbol(symbol) => symbols::name_at(file, symbol),
            other => format!("{other:?}"),
        };
        Relocation { at, to: format!("{target}{:+}", r.addend()), how: r.flags() }
    };
    section.relocations().map(of).collect()
}
