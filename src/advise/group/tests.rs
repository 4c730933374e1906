//! Errors made by hand; those of the real compiler are in `tests/it/advise`.

use super::*;
use crate::advise::diagnostic::{Code, Diagnostic, Span};

fn error(package: &str, code: &str, message: &str, line: usize) -> Report {
    let span = Span {
        file_name: "src/lib.rs".into(),
        line_start: line,
        byte_start: line * 100,
        byte_end: line * 100 + 1,
        is_primary: true,
        ..Span::default()
    };
    let message = Diagnostic {
        message: message.into(),
        code: Some(Code { code: code.into(), explanation: None }),
        level: "error".into(),
        spans: vec![span],
        ..Default::default()
    };
    let target = Target { name: package.into(), kind: vec!["lib".into()], ..Target::default() };
    let cwd = PathBuf::from("/none").join(package);
    Report { package_id: format!("{package}@1.0.0"), manifest_path: PathBuf::new(), target, message, cwd }
}

fn sizes(reports: Vec<Report>) -> Vec<(String, usize, usize)> {
    let groups = groups(reports);
    groups.iter().map(|g| (g.lead().message.code().to_owned(), g.errors.len(), g.follows.len())).collect()
}

fn size(code: &str, errors: usize, follows: usize) -> (String, usize, usize) {
    (code.to_owned(), errors, follows)
}

#[test]
fn the_largest_comes_first_and_unlike_errors_stay_apart() {
    let reports = vec![
        error("a", "E0614", "type `u32` cannot be dereferenced", 1),
        error("a", "E0433", "cannot find type `Map` in this scope", 2),
        error("a", "E0425", "cannot find type `Map` in this scope", 3),
        error("a", "E0614", "type `u32` cannot be dereferenced", 4),
        error("b", "E0425", "cannot find type `Map` in this scope", 3),
    ];
    let expected = [size("E0433", 2, 0), size("E0614", 1, 0), size("E0614", 1, 0), size("E0425", 1, 0)];
    assert_eq!(sizes(reports), expected);
}

#[test]
fn one_error_in_two_targets_is_one() {
    let lib = error("a", "E0308", "mismatched types", 3);
    let mut test = lib.clone();
    test.target.kind = vec!["test".into()];
    let found = groups(vec![lib.clone(), test, lib]);
    assert_eq!((found.len(), found[0].errors.len(), found[0].errors[0].targets.len()), (1, 1, 2));
}

#[test]
fn a_crate_that_names_one_that_failed_follows_from_it() {
    let reports = vec![
        error("app", "E0432", "unresolved import `low::Thing`", 1),
        error("low", "E0614", "type `u32` cannot be dereferenced", 1),
    ];
    assert_eq!(sizes(reports), [size("E0614", 1, 1)]);
}

#[test]
fn types_that_cannot_be_told_follow_from_a_name_that_is_unknown_in_the_same_function() {
    let dir = tempfile::tempdir().expect("temporary directory");
    std::fs::create_dir(dir.path().join("src")).expect("created");
    let text = "fn f() {\n    let a = load();\n    let b = a.collect();\n}\nfn g() {\n    let c = Vec::new();\n}\n";
    std::fs::write(dir.path().join("src/lib.rs"), text).expect("written");
    let at = |code, message, line| Report { cwd: dir.path().to_owned(), ..error("a", code, message, line) };
    let reports = vec![
        at("E0282", "type annotations needed", 3),
        at("E0425", "cannot find function `load` in this scope", 2),
        at("E0282", "type annotations needed", 6),
    ];
    assert_eq!(sizes(reports), [size("E0425", 1, 1), size("E0282", 1, 0)]);
}

#[test]
fn the_same_mismatch_is_of_a_kind_but_not_certainly_of_one_cause() {
    let labelled = |line| {
        let mut report = error("a", "E0308", "mismatched types", line);
        report.message.spans[0].label = Some("expected `String`, found `&str`".into());
        report
    };
    let found = groups(vec![labelled(1), labelled(2)]);
    assert_eq!((found.len(), found[0].is_certain), (1, false));
}
