//! How two compiled files differ: machine code, data, debug information, relocations and symbols; metadata left out.

use std::{collections::BTreeMap, fs, path::Path};

use object::{Object, ObjectSection, ObjectSymbol, RelocationTarget, SymbolSection, read::archive::ArchiveFile};

/// Sentences about what differs, empty for equal files. Knows libraries (`.rlib`) and linked programs.
pub fn differences(a: &Path, b: &Path) -> Vec<String> {
    let read = |path: &Path| fs::read(path).map_err(|e| vec![format!("{}: {e}", path.display())]);
    let (a, b) = match (read(a), read(b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(e), _) | (_, Err(e)) => return e,
    };
    if a == b {
        return Vec::new();
    }
    let (left, right) = (members(&a), members(&b));
    let mut found = Vec::new();
    for name in left.keys().chain(right.keys().filter(|name| !left.contains_key(*name))) {
        match (left.get(name), right.get(name)) {
            (Some(l), Some(r)) if l == r => {}
            (Some(l), Some(r)) => found.extend(facts_differ(&facts(l), &facts(r)).into_iter().map(|d| format!("{name}: {d}"))),
            (l, _) => found.push(format!("{name}: only in the {} file", if l.is_some() { "first" } else { "second" })),
        }
    }
    found
}

/// Objects by their names without the token that every run of rustc chooses anew: `crate.unit.TOKEN.rcgu.o`.
fn members(bytes: &[u8]) -> BTreeMap<String, &[u8]> {
    let Ok(archive) = ArchiveFile::parse(bytes) else { return [("program".to_owned(), bytes)].into() };
    let members = archive.members().flatten().filter(|m| m.name() != b"lib.rmeta");
    let stable = |name: &[u8]| {
        let name = String::from_utf8_lossy(name).into_owned();
        match name.split('.').collect::<Vec<_>>().as_slice() {
            [head @ .., _, "rcgu", "o"] => format!("{}.rcgu.o", head.join(".")),
            _ => name,
        }
    };
    members.map(|m| (stable(m.name()), m.data(bytes).expect("a member has data"))).collect()
}

/// What an object consists of, by a name for each part.
fn facts(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let file = object::File::parse(bytes).expect("an object file");
    let mut facts = BTreeMap::new();
    let mut names = Vec::new();
    for (n, section) in file.sections().enumerate() {
        let name = without_module(section.name().unwrap_or_default());
        // A build's own hash, and what is compared in another way below.
        let is_derived = name.starts_with(".note.gnu.build-id") || matches!(name.as_str(), ".symtab" | ".strtab" | ".shstrtab");
        if !is_derived && !name.starts_with(".rela") && !name.starts_with(".rel.") {
            facts.insert(format!("section {n} {name}"), section.data().unwrap_or_default().to_vec());
            facts.insert(format!("relocations of {n} {name}"), relocations(&file, &section).into_bytes());
        }
        names.push(name);
    }
    let mut symbols: Vec<String> = file
        .symbols()
        .map(|s| {
            let place = match s.section() {
                SymbolSection::Section(index) => names.get(index.0 - 1).cloned().unwrap_or_default(),
                other => format!("{other:?}"),
            };
            let name = without_module(s.name().unwrap_or_default());
            format!("{name} {:?} {:?} {place} {} {} {}", s.kind(), s.scope(), s.address(), s.size(), s.is_weak())
        })
        .collect();
    symbols.sort();
    facts.insert("symbols".into(), symbols.join("\n").into_bytes());
    facts
}

fn relocations(file: &object::File<'_>, section: &object::Section<'_, '_>) -> String {
    let target = |target: RelocationTarget| match target {
        RelocationTarget::Symbol(index) => {
            let symbol = file.symbol_by_index(index).expect("a relocation has a target");
            let of_section = symbol.section_index().and_then(|i| file.section_by_index(i).ok());
            let section = of_section.and_then(|s| s.name().ok().map(str::to_owned)).unwrap_or_default();
            without_module(&format!("{} in {section}", symbol.name().unwrap_or_default()))
        }
        other => format!("{other:?}"),
    };
    let lines = section.relocations().map(|(at, r)| format!("{at:x} {} {} {:?}", target(r.target()), r.addend(), r.flags()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Local symbols that are used by other units of their crate end with `.llvm.` and a hash of their whole unit's input.
fn without_module(name: &str) -> String {
    let mut parts = name.split(".llvm.");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(".llvm");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

fn facts_differ(a: &BTreeMap<String, Vec<u8>>, b: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let names = a.keys().chain(b.keys().filter(|n| !a.contains_key(*n)));
    let differ = names.filter(|n| a.get(*n) != b.get(*n));
    differ.map(|n| format!("{n}: {}", sample(a.get(n), b.get(n)))).collect()
}

/// The first place where two parts differ.
fn sample(a: Option<&Vec<u8>>, b: Option<&Vec<u8>>) -> String {
    let (Some(a), Some(b)) = (a, b) else { return "missing on one side".into() };
    let at = a.iter().zip(b).position(|(x, y)| x != y).unwrap_or(a.len().min(b.len()));
    let part = |bytes: &[u8]| String::from_utf8_lossy(&bytes[at.saturating_sub(20)..bytes.len().min(at + 80)]).into_owned();
    format!("at byte {at} of {} and {}: {:?} and {:?}", a.len(), b.len(), part(a), part(b))
}

#[test]
fn a_changed_constant_is_a_difference_and_another_run_is_none() {
    let dir = tempfile::tempdir().expect("a directory");
    let compile = |name: &str, constant: u32| {
        let text = format!("pub fn f() -> u32 {{ {constant} }}\npub fn g() -> String {{ f().to_string() }}\n");
        fs::write(dir.path().join("a.rs"), text).expect("written");
        // Members are named after the library.
        let out = dir.path().join(name).join("liba.rlib");
        fs::create_dir(dir.path().join(name)).expect("created");
        let mut command = std::process::Command::new("rustc");
        command.args(["--crate-type=lib", "--crate-name=a", "-g", "a.rs", "-o"]).arg(&out).current_dir(dir.path());
        assert!(command.status().expect("started").success());
        out
    };
    let (first, again, other) = (compile("1", 1), compile("2", 1), compile("3", 2));
    assert_eq!(differences(&first, &again), Vec::<String>::new());
    let found = differences(&first, &other);
    assert!(found.iter().any(|d| d.contains(".text")), "{found:?}");
}
