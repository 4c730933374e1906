//! No file names a place on somebody's machine; made-up homes in test data are told by their owners' names.

use crate::source::{Source, assert_bites, assert_clean, tree};

/// Put together so that this file does not complain about itself.
const PLACES: [&str; 2] = [concat!("/ro", "ot/"), concat!("/wo", "rk/")];
const HOMES: [&str; 2] = [concat!("/ho", "me/"), concat!("/Us", "ers/")];
/// Nobody's names.
const MADE_UP: [&str; 2] = ["b", "you"];

fn absolute(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files {
        for (n, line) in file.text.lines().enumerate() {
            let places = PLACES.iter().flat_map(|place| starts(line, place).map(move |_| *place));
            let homes = HOMES.iter().flat_map(|home| starts(line, home).filter_map(move |rest| owner(rest).map(|_| *home)));
            complaints
                .extend(places.chain(homes).map(|what| format!("{}:{}: a path on some machine ({what})", file.path, n + 1)));
        }
    }
    complaints
}

/// What follows each place where `path` begins an absolute path (`a/work/b` is a relative one).
fn starts<'a>(line: &'a str, path: &'a str) -> impl Iterator<Item = &'a str> {
    line.match_indices(path).filter_map(move |(at, _)| {
        let before = line[..at].chars().next_back();
        let begins = before.is_none_or(|c| !c.is_alphanumeric() && !"_-.~*})$".contains(c));
        begins.then(|| &line[at + path.len()..])
    })
}

/// Whose home it is, if that is somebody.
fn owner(rest: &str) -> Option<&str> {
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-').unwrap_or(rest.len());
    let name = &rest[..end];
    (!name.is_empty() && !MADE_UP.contains(&name)).then_some(name)
}

#[test]
fn nothing_points_into_a_machine() {
    assert_clean(&absolute(&tree()));
}

#[test]
fn machine_paths_are_found() {
    let bad = PLACES.map(|p| format!("let a = \"{p}x\";\n")).concat() + &HOMES.map(|p| format!("# in {p}jane/x\n")).concat();
    let good = HOMES.map(|p| format!("{p}b/x {p}you {p}<name> {p}$USER\n")).concat() + "target/work/x $HOME/work/x ${A}/root/b\n";
    let found = absolute(&[Source::new("a.sh", &bad), Source::new("b.rs", &good)]);
    let expected: Vec<String> =
        PLACES.iter().chain(&HOMES).enumerate().map(|(n, p)| format!("a.sh:{}: a path on some machine ({p})", n + 1)).collect();
    assert_eq!(found, expected);
    assert_bites(&absolute(&[]), &[]);
}
