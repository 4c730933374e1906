//! Files are small, say what they are for, and are plain text.

use crate::source::{Source, assert_bites, assert_clean, tree};

/// Lines of production code in one file.
const CAP: usize = 500;
const MEDIAN: usize = 150;
const P90: usize = 350;
/// Lines of documentation at the top of a layer.
const LAYER_DOC: usize = 3;

/// Production lines of each file that has any.
fn sizes(files: &[Source]) -> Vec<(usize, &str)> {
    let files = files.iter().filter(|f| f.is_src() && !f.is_test_file());
    let mut sizes: Vec<_> = files.map(|f| (f.text.lines().count() - f.code().test_lines, f.path.as_str())).collect();
    sizes.sort_unstable();
    sizes
}

fn budget(files: &[Source]) -> Vec<String> {
    let sizes = sizes(files);
    let over = sizes.iter().filter(|(lines, _)| *lines > CAP);
    let mut complaints: Vec<String> =
        over.map(|(lines, path)| format!("{path}:{lines}: {lines} lines of production code, the cap is {CAP}")).collect();
    for (name, percent, cap) in [("the median", 50, MEDIAN), ("the 90th percentile", 90, P90)] {
        let rank = (sizes.len() * percent).div_ceil(100).saturating_sub(1);
        if let Some((lines, path)) = sizes.get(rank)
            && *lines > cap
        {
            complaints.push(format!("{path}:1: {name} of production lines per file is {lines}, the budget is {cap}"));
        }
    }
    complaints
}

fn documentation(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|f| f.is_src()) {
        let lines = file.text.lines().take_while(|l| l.starts_with("//!")).count();
        let is_layer = file.layer().is_some_and(|layer| file.path == format!("src/{layer}/mod.rs"));
        if lines == 0 {
            complaints.push(format!("{}:1: the file does not open with //!", file.path));
        } else if is_layer && lines < LAYER_DOC {
            complaints.push(format!("{}:1: a layer says in {LAYER_DOC} lines or more what it is and must never do", file.path));
        }
    }
    complaints
}

fn white_space(files: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.iter().filter(|f| f.path.ends_with(".rs")) {
        for (n, line) in file.text.split('\n').enumerate() {
            if line.ends_with(|c: char| c.is_whitespace()) {
                complaints.push(format!("{}:{}: trailing white space", file.path, n + 1));
            }
            if line.contains('\t') {
                complaints.push(format!("{}:{}: a tab", file.path, n + 1));
            }
        }
        if !file.text.ends_with('\n') || file.text.ends_with("\n\n") {
            complaints.push(format!("{}:{}: the file does not end with one newline", file.path, file.text.lines().count()));
        }
    }
    complaints
}

#[test]
fn files_are_small() {
    assert_clean(&budget(&tree()));
}

#[test]
fn files_say_what_they_are_for() {
    assert_clean(&documentation(&tree()));
}

#[test]
fn files_are_plain_text() {
    assert_clean(&white_space(&tree()));
}

#[test]
fn large_files_are_found() {
    let production = |lines: usize| "// line\n".repeat(lines);
    let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", production(600));
    let fine = Source::new("src/base/fine.rs", &(production(150) + &tests));
    let large = Source::new("src/base/large.rs", &production(501));
    let unit = Source::new("src/base/large/tests.rs", &production(900));
    assert_clean(&budget(&[Source::new("src/base/fine.rs", &fine.text)]));
    assert_bites(
        &budget(&[fine, large, unit]),
        &[
            "src/base/large.rs:501: 501 lines of production code, the cap is 500",
            "src/base/large.rs:1: the 90th percentile of production lines per file is 501, the budget is 350",
        ],
    );
    assert_bites(
        &budget(&[Source::new("src/base/long.rs", &production(151))]),
        &["src/base/long.rs:1: the median of production lines per file is 151, the budget is 150"],
    );
}

#[test]
fn undocumented_files_are_found() {
    let files = [
        Source::new("src/base/mod.rs", "//! Short.\n\npub mod fs;\n"),
        Source::new("src/base/fs.rs", "\n//! Too late.\n"),
        Source::new("src/main.rs", "//! Short is enough here.\n"),
        Source::new("tests/it.rs", "\n"),
    ];
    assert_bites(
        &documentation(&files),
        &[
            "src/base/mod.rs:1: a layer says in 3 lines or more what it is and must never do",
            "src/base/fs.rs:1: the file does not open with //!",
        ],
    );
}

#[test]
fn stray_white_space_is_found() {
    let files = [
        Source::new("src/a.rs", "fn a() {} \n\tfn b() {}\n\n"),
        Source::new("src/b.rs", "fn a() {}"),
        Source::new("src/c.rs", "fn a() {}\r\n"),
    ];
    assert_bites(
        &white_space(&files),
        &[
            "src/a.rs:1: trailing white space",
            "src/a.rs:2: a tab",
            "src/a.rs:3: the file does not end with one newline",
            "src/b.rs:1: the file does not end with one newline",
            "src/c.rs:1: trailing white space",
        ],
    );
}
