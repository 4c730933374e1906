//! Where in a body a wrong value could have reached, told from names alone.
//!
//! It must never say "not there" of a place that shares a name, by way of any number of lines, with where the value came from; that
//! it says "there" too often costs a mend, no more.

use std::{collections::BTreeSet, ops::Range};

const KEYWORDS: &str = "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move \
                        mut pub ref return static struct super trait true type unsafe use where while";

/// What may be a variable, a field or a function in a line. Types, macros and keywords join what has nothing to do with each
/// other.
fn variables(line: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words = line.split(move |c| !is_word(c)).filter(|w| w.starts_with(|c: char| c.is_lowercase() || c == '_'));
    let is_macro = move |word: &str| {
        let end = word.as_ptr() as usize - line.as_ptr() as usize + word.len();
        line[end..].starts_with('!') && !line[end..].starts_with("!=")
    };
    words.filter(move |w| !is_macro(w) && !KEYWORDS.split_whitespace().any(|k| k == *w))
}

/// Whether what stands in the lines `from` may have to do with the lines `to`; both counted from 1, in the lines of one body.
pub fn reaches(text: &str, body: &Range<usize>, from: &[usize], to: &[usize]) -> bool {
    let lines: Vec<(usize, BTreeSet<&str>)> =
        text.lines().enumerate().map(|(n, line)| (n + 1, variables(line).collect())).filter(|(n, _)| body.contains(n)).collect();
    let mut reached: BTreeSet<usize> = from.iter().copied().collect();
    let mut names: BTreeSet<&str> =
        lines.iter().filter(|(n, _)| reached.contains(n)).flat_map(|(_, names)| names).copied().collect();
    while let Some((n, more)) = lines.iter().find(|(n, line)| !reached.contains(n) && !line.is_disjoint(&names)) {
        reached.insert(*n);
        names.extend(more);
    }
    to.iter().any(|n| reached.contains(n))
}

#[cfg(test)]
mod tests {
    #[test]
    fn by_way_of_other_lines() {
        let text = "fn f() {\n let x = wrong;\n let y = x;\n println!(\"{y}\");\n let mut v = Vec::new();\n v.push(1);\n print!(\"\");\n}\n";
        let reaches = |from: usize, to: usize| super::reaches(text, &(1..9), &[from], &[to]);
        assert!(reaches(2, 4) && reaches(2, 2) && reaches(5, 6));
        assert!(!reaches(2, 6) && !reaches(4, 7) && !reaches(5, 2));
    }
}
