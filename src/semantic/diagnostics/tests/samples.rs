//! Every lint that may be moved, by sources that provoke it (`samples.txt`: lint, bar, source with `@` for line ends).

use std::sync::Mutex;

use super::*;

/// Edits of a source whose first line is a comment.
fn edits(old: &str) -> [(String, bool); 3] {
    let rest = old.split_once('\n').map_or("", |(_, rest)| rest);
    [(format!("// t\n{old}"), true), (format!("// ünother\n{rest}"), true), (old.replace('\n', "\n// between\n"), false)]
}

/// Lints that put a space where there need not be one, for reasons that cannot be seen.
const SPACED: [&str; 2] = ["unused_braces", "unused_parens"];

#[test]
fn every_lint_moves() {
    let rows: Vec<(&str, String)> = include_str!("samples.txt")
        .lines()
        .filter_map(|line| line.split_once('|'))
        .map(|(lint, source)| (lint, format!("// s\n{}\npub fn last_function() {{}}\n", source.replace('@', "\n"))))
        .collect();
    let number_of_edits = rows.len() * 3;
    let (next, moved) = (Mutex::new(rows.iter().enumerate()), Mutex::new(0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let taken = next.lock().unwrap().next();
                    let Some((number, (lint, old))) = taken else { break };
                    let form = if number % 2 == 0 { PLAIN } else { COLOURS };
                    let sample = Sample::compile(old, &[form, "--check-cfg=cfg(docsrs)"]);
                    assert!(String::from_utf8_lossy(&sample.before).contains(&format!("\"code\":\"{lint}\"")), "{lint}: {old}");
                    for (new, must) in edits(old) {
                        let result = sample.moves(&new);
                        *moved.lock().unwrap() += usize::from(result.is_ok());
                        assert!(!must || SPACED.contains(lint) || result.is_ok(), "{lint}: {result:?}\n{old}\n{new}");
                    }
                }
            });
        }
    });
    println!("{} of {number_of_edits} edits moved", moved.into_inner().unwrap());
    let sampled: Vec<&str> = rows.iter().map(|(lint, _)| *lint).collect();
    assert!(lints::TRIED.is_sorted() && lints::TRIED.iter().all(|lint| sampled.contains(lint)));
}
