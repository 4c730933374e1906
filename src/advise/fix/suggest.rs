//! What the compiler proposes for its errors, as patches.
//!
//! It must never take what has placeholders in it, what reaches outside of the workspace's own sources, or what a macro has
//! written. Warnings are not mended here; `cargo fix` does that.

use std::path::Path;

use super::{
    fault::{Fault, below},
    judge::Sure,
    patch::{Edit, Patch},
};
use crate::advise::diagnostic::{Diagnostic, Report, Span};

/// One idea of the compiler's; where it does not know what is meant, with several ways to carry it out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idea {
    pub sure: Sure,
    pub ways: Vec<Patch>,
}

/// What a guess must not bring: code that compiles and fails when it runs, or that the compiler cannot check.
const NEVER_GUESSED: [&str; 4] = ["todo!", "unimplemented!", "unreachable!", "unsafe "];

/// For one error, the surest first.
pub fn ideas(fault: &Fault, root: &Path) -> Vec<Idea> {
    let mut all: Vec<Idea> = fault.report.message.children.iter().filter_map(|c| idea(c, &fault.report, root)).collect();
    all.sort_by_key(|idea| idea.sure);
    all
}

/// Whether there is one at all, before anything is known of the workspace.
pub fn has_idea(report: &Report) -> bool {
    let may = |s: &Span| s.suggested_replacement.is_some() && sure(s).is_some();
    report.message.is_error() && report.message.children.iter().any(|c| !c.spans.is_empty() && c.spans.iter().all(may))
}

fn sure(span: &Span) -> Option<Sure> {
    match span.suggestion_applicability.as_deref() {
        Some("MachineApplicable") => Some(Sure::Yes),
        // The latter were never rated; a trial shows what they are worth.
        Some("MaybeIncorrect" | "Unspecified") => Some(Sure::No),
        _ => None,
    }
}

fn idea(child: &Diagnostic, report: &Report, root: &Path) -> Option<Idea> {
    let proposed: Vec<&Span> = child.spans.iter().filter(|s| s.suggested_replacement.is_some()).collect();
    let sure = sure(proposed.first()?)?;
    let mut ways: Vec<Vec<Edit>> = Vec::new();
    for span in proposed {
        let file = below(root, report, span);
        let text = span.suggested_replacement.clone()?;
        let is_foreign = file.is_absolute() || span.expansion.is_some() || !report.manifest_path.starts_with(root);
        if is_foreign || sure == Sure::No && NEVER_GUESSED.iter().any(|n| text.contains(n)) {
            return None;
        }
        let edit = Edit { file, start: span.byte_start, end: span.byte_end, text };
        // The compiler lists the parts of all ways in a row: where a place comes again, another way begins.
        let place = |e: &Edit| (e.file.clone(), e.start, e.end);
        match ways.last_mut() {
            Some(way) if way.iter().all(|e| place(e) != place(&edit)) => way.push(edit),
            _ => ways.push(vec![edit]),
        }
    }
    ways.dedup();
    let ways = ways.into_iter().map(|edits| Patch { title: child.message.clone(), edits }).collect();
    Some(Idea { sure, ways })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advise::fix::fault::{faults, tests::report};

    fn span(start: usize, end: usize, text: &str, applicability: &str) -> Span {
        Span {
            file_name: "src/lib.rs".into(),
            byte_start: start,
            byte_end: end,
            suggested_replacement: Some(text.into()),
            suggestion_applicability: Some(applicability.into()),
            ..Span::default()
        }
    }

    fn found(children: Vec<Vec<Span>>) -> Vec<Idea> {
        let mut error = report("E0425", "m", ("src/lib.rs", 1, ""));
        let child = |spans| Diagnostic { level: "help".into(), spans, ..Diagnostic::default() };
        error.message.children = children.into_iter().map(child).collect();
        ideas(&faults(&[error], Path::new("/w"))[0], Path::new("/w"))
    }

    #[test]
    fn the_parts_of_one_way_and_several_ways_are_told_apart() {
        let maybe = "MaybeIncorrect";
        let got = found(vec![
            vec![span(0, 0, "use a;", maybe), span(0, 0, "use b;", maybe)],
            vec![span(1, 1, "&", "MachineApplicable"), span(5, 6, "", "MachineApplicable")],
        ]);
        let shape: Vec<_> = got.iter().map(|i| (i.sure, i.ways.iter().map(|w| w.edits.len()).collect::<Vec<_>>())).collect();
        assert_eq!(shape, [(Sure::Yes, vec![2]), (Sure::No, vec![1, 1])]);
    }

    #[test]
    fn what_is_not_taken() {
        let mut outside = span(0, 0, "x", "MachineApplicable");
        outside.file_name = "/rustc/x/library/core/src/lib.rs".into();
        for spans in [
            vec![span(0, 0, "/* value */", "HasPlaceholders")],
            vec![span(0, 0, "_ => todo!()", "MaybeIncorrect")],
            vec![outside],
        ] {
            assert_eq!(found(vec![spans]), []);
        }
    }
}
