//! Every wrong program that is explained is mended as far as it can be: none is ever worse than before, by plain cargo's count, and a
//! program that was changed has fewer errors.
//!
//! Every twelfth in the usual run; `HYPEROPT_MENDS=all cargo test --test it -- fix::everything --nocapture` takes all and counts.

use std::{fs, path::Path};

use rustc_hyperopt::advise::diagnostic::Report;

use super::manifest;
use crate::support::{Sandbox, write};

const STEP: usize = 12;

/// What plain cargo finds.
fn errors(sandbox: &Sandbox, dir: &Path) -> Vec<Report> {
    let run = sandbox.cargo(dir, &["check", "--quiet", "--message-format=json"]);
    run.stdout().lines().filter_map(Report::read).filter(|report| report.message.is_error()).collect()
}

fn is_sure(reports: &[Report]) -> bool {
    let sure = |report: &Report| {
        let spans = report.message.children.iter().flat_map(|child| &child.spans);
        spans.into_iter().any(|span| span.suggestion_applicability.as_deref() == Some("MachineApplicable"))
    };
    reports.iter().any(sure)
}

#[test]
fn nothing_is_ever_worse() {
    let all = std::env::var("HYPEROPT_MENDS").is_ok_and(|wish| wish == "all");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/advise/programs");
    let mut programs: Vec<_> = fs::read_dir(folder).expect("readable").flatten().map(|entry| entry.path()).collect();
    programs.sort();
    let sandbox = Sandbox::new();
    let (mut tried, mut whole, mut sure, mut sure_and_whole) = (0, 0, 0, 0);
    for (number, program) in programs.iter().enumerate().step_by(if all { 1 } else { STEP }) {
        let text = fs::read_to_string(program).expect("text");
        let dir = sandbox.project(&format!("p{number}"), [("Cargo.toml", manifest("program").as_str()), ("src/lib.rs", &text)]);
        let before = errors(&sandbox, &dir);
        let run = sandbox.ours(&dir, &["check", "-p", "--fix", "--allow-no-vcs"]);
        let after = errors(&sandbox, &dir);
        let (name, said) = (program.display(), run.stderr());
        let changed = fs::read_to_string(dir.join("src/lib.rs")).expect("text") != text;
        assert!(after.len() < before.len() || (!changed && after.len() == before.len()), "{name}: {said}");
        assert_eq!(run.code() == Some(0), after.is_empty(), "{name}: {said}");
        let is_sure = is_sure(&before);
        (tried, whole) = (tried + 1, whole + usize::from(after.is_empty()));
        (sure, sure_and_whole) = (sure + usize::from(is_sure), sure_and_whole + usize::from(is_sure && after.is_empty()));
        write(&dir.join("src/lib.rs"), "");
    }
    println!("{tried} programs, {whole} compile now; {sure} with a sure proposal, of which {sure_and_whole} compile now");
    assert!(whole > 0);
}
