//! An error in a form that is found again after an edit: by what it says and by the text of its line, not by the line's number.
//!
//! It must never take two errors for one that a user would see as two.

use std::{
    collections::BTreeSet,
    ops::Range,
    path::{Path, PathBuf},
};

use super::phase::Phase;
use crate::advise::diagnostic::{Diagnostic, Report, Span};

/// What was compiled: `package kind name`. Tests of a target count as the target.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit(pub String);

impl Unit {
    /// By cargo's words for it.
    pub fn new(package: &str, kind: &[String], name: &str) -> Self {
        Self(format!("{package} {} {name}", kind.join(",")))
    }
}

/// One error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub unit: Unit,
    pub what: What,
    /// The line it points to, without the space around it.
    pub text: String,
    /// From 1; 0 if it points nowhere.
    pub line: usize,
    pub phase: Phase,
    /// Every line of every source that it speaks of.
    pub spoken: Vec<(PathBuf, Range<usize>)>,
    /// With its suggestions.
    pub report: Report,
}

/// What it says, wherever.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct What {
    pub code: String,
    /// Without places.
    pub message: String,
    /// Below the workspace's root if it lies there.
    pub file: PathBuf,
}

impl Fault {
    /// Its first line, as a user knows it.
    pub fn headline(&self) -> String {
        let code = if self.what.code.is_empty() { String::new() } else { format!("[{}]", self.what.code) };
        let place = if self.line > 0 { format!(" ({}:{})", self.what.file.display(), self.line) } else { String::new() };
        format!("error{code}: {}{place}", self.report.message.message)
    }
}

/// The errors among the messages of a check in `root`; one that is told of a library and of its tests counts once.
pub fn faults(reports: &[Report], root: &Path) -> Vec<Fault> {
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for report in reports.iter().filter(|r| r.message.is_error()) {
        let error = &report.message;
        let primary = error.primary().map(outermost);
        let file = primary.map_or_else(PathBuf::new, |s| below(root, report, s));
        let what = What { code: error.code().to_owned(), message: without_places(&error.message), file };
        let at = primary.map_or((0, 0), |s| (s.byte_start, s.byte_end));
        if !seen.insert((what.clone(), at)) {
            continue;
        }
        let mut spoken = Vec::new();
        collect(error, root, report, &mut spoken);
        all.push(Fault {
            unit: Unit::new(&report.package_id, &report.target.kind, &report.target.name),
            text: primary.and_then(|s| s.text.first()).map_or_else(String::new, |l| l.text.trim().to_owned()),
            line: primary.map_or(0, |s| s.line_start),
            phase: Phase::of(error),
            what,
            spoken,
            report: report.clone(),
        });
    }
    all
}

/// Where the user has written what a macro made an error of.
fn outermost(span: &Span) -> &Span {
    let mut span = span;
    while let Some(expansion) = &span.expansion {
        // The call of a macro of another crate may be all that is in the workspace.
        span = &expansion.span;
    }
    span
}

/// A file as seen from the root. The compiler of a member runs there; that of another package in the package.
pub fn below(root: &Path, report: &Report, span: &Span) -> PathBuf {
    let file = Path::new(&span.file_name);
    let dir = if report.manifest_path.starts_with(root) { Some(root) } else { report.manifest_path.parent() };
    let whole = dir.map_or_else(|| file.to_owned(), |d| d.join(file));
    let plain: PathBuf = whole.components().collect();
    plain.strip_prefix(root).map(Path::to_owned).unwrap_or(plain)
}

fn collect(message: &Diagnostic, root: &Path, report: &Report, into: &mut Vec<(PathBuf, Range<usize>)>) {
    for span in &message.spans {
        let mut span = Some(span);
        while let Some(one) = span {
            // What is only proposed is not what it is about.
            if one.suggested_replacement.is_none() {
                into.push((below(root, report, one), one.line_start..one.line_end + 1));
            }
            span = one.expansion.as_ref().map(|e| &e.span);
        }
    }
    message.children.iter().for_each(|child| collect(child, root, report, into));
}

/// Closures are named by their place.
fn without_places(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut rest = message.chars().peekable();
    while let Some(c) = rest.next() {
        if !c.is_ascii_digit() {
            out.push(c);
            continue;
        }
        let mut digits = String::from(c);
        digits.extend(std::iter::from_fn(|| rest.next_if(char::is_ascii_digit)));
        let is_place = out.ends_with(':') || rest.peek() == Some(&':');
        out.push_str(if is_place { "#" } else { &digits });
    }
    out
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::advise::diagnostic::{Code, Line, Target};

    /// An error on a line, as cargo tells it.
    pub fn report(code: &str, message: &str, (file, line, text): (&str, usize, &str)) -> Report {
        let span = Span {
            file_name: file.into(),
            byte_start: line * 100,
            byte_end: line * 100 + 1,
            line_start: line,
            line_end: line,
            is_primary: true,
            text: vec![Line { text: text.into(), ..Line::default() }],
            ..Span::default()
        };
        let code = (!code.is_empty()).then(|| Code { code: code.into(), explanation: None });
        Report {
            cwd: std::path::PathBuf::new(),
            package_id: "p".into(),
            manifest_path: "/w/Cargo.toml".into(),
            target: Target { name: "p".into(), kind: vec!["lib".into()], src_path: "/w/src/lib.rs".into() },
            message: Diagnostic {
                message: message.into(),
                level: "error".into(),
                code,
                spans: vec![span],
                ..Diagnostic::default()
            },
        }
    }

    #[test]
    fn the_same_of_a_library_and_its_tests_counts_once() {
        let one = report("E0308", "in {closure@src/lib.rs:3:5: 3:8}", ("src/lib.rs", 3, "  f(|| 1);"));
        let other = report("E0308", "in {closure@src/lib.rs:4:5: 4:8}", ("/w/src/./lib.rs", 4, "  f(|| 1);"));
        let found = faults(&[one.clone(), one, other], Path::new("/w"));
        assert_eq!(found.len(), 2);
        assert_eq!((&found[0].what, &found[0].text), (&found[1].what, &found[1].text));
        assert_eq!(found[0].text, "f(|| 1);");
        assert_eq!(found[1].headline(), "error[E0308]: in {closure@src/lib.rs:4:5: 4:8} (src/lib.rs:4)");
    }

    #[test]
    fn files_of_other_packages_are_not_taken_for_ours() {
        let mut elsewhere = report("E0308", "x", ("src/lib.rs", 3, ""));
        elsewhere.manifest_path = "/other/Cargo.toml".into();
        assert_eq!(faults(&[elsewhere], Path::new("/w"))[0].what.file, Path::new("/other/src/lib.rs"));
    }
}
