//! Groups of errors as a person reads them below cargo's own output: what, where, why, the code, a proposal, and how much else is
//! owed to it. At most about a dozen lines for each.
//!
//! It must never let text of the compiler or of a source act on the terminal: all of it passes [`sanitize`]. It decides nothing
//! and prints nothing.

mod code;
mod wrap;

use super::{
    explain,
    group::{Finding, Group},
    memory::Past,
    suggestion::{self, Suggestion},
};
use crate::{
    base::{clock, text::count},
    ui::{Theme, sanitize},
};

/// Groups that are shown; the rest is counted.
pub const MOST: usize = 10;
/// Places that are named of other errors with the same cause.
const PLACES: usize = 4;
/// Lines of an explanation.
const LINES: usize = 4;
/// Lines of a proposal.
const PROPOSED: usize = 4;
/// Lines of a mend that is remembered.
const REMEMBERED: usize = 8;
/// Characters of a message.
const MESSAGE: usize = 160;

/// All groups, as lines; for each, how such errors were mended before.
pub fn lines(groups: &[Group], past: &[Vec<Past>], theme: Theme) -> Vec<String> {
    let errors: usize = groups.iter().map(Group::len).sum();
    if errors == 0 {
        return Vec::new();
    }
    let total = count(errors as u64, "error");
    let causes = count(groups.len() as u64, "cause");
    let summary = if errors == groups.len() { total } else { format!("{total}, {causes}") };
    let mut out = vec![String::new(), format!("{} {summary}", theme.good(format_args!("{:>12}", "Help")))];
    for (n, group) in groups.iter().take(MOST).enumerate() {
        out.push(String::new());
        out.extend(one(n + 1, group, past.get(n).map_or(&[], Vec::as_slice), theme));
    }
    if groups.len() > MOST {
        out.push(String::new());
        out.push(format!("and {} that are not shown", count((groups.len() - MOST) as u64, "cause")));
    }
    out
}

fn one(number: usize, group: &Group, past: &[Past], theme: Theme) -> Vec<String> {
    let lead = group.lead();
    let error = &lead.message;
    let message = flat(&error.message);
    let what = if error.code().is_empty() { "error".to_owned() } else { flat(error.code()) };
    let mut out = vec![format!("{number}. {}: {}", theme.bad(what), theme.heading(message))];
    let at = error.primary().map(|s| format!("{}:{}:{}", s.file_name, s.line_start, s.column_start));
    let at = at.map(|at| format!("{} ", theme.literal(flat(&at)))).unwrap_or_default();
    let book = error.code.as_ref().filter(|c| c.code.starts_with('E') && c.explanation.is_some());
    let book = book.map(|c| format!("   rustc --explain {}", flat(&c.code))).unwrap_or_default();
    let place = format!("{at}({}){book}", targets(&group.errors[0]));
    out.push(format!("   {place}"));
    if let Some(explanation) = explain::explain(error) {
        out.extend(wrap::lines(&flat_long(&explanation.text), LINES).into_iter().map(|line| format!("   {line}")));
    }
    let proposal = suggestion::suggestions(error).into_iter().next();
    out.extend(code::lines(error, if proposal.is_some() { 1 } else { 2 }, theme));
    if let Some(proposal) = proposal {
        out.extend(proposed(&proposal, theme));
    }
    out.extend(past.iter().flat_map(|past| remembered(past, theme)));
    out.extend(others(group).into_iter().map(|line| format!("   {line}")));
    out
}

/// `app, lib and lib test`.
fn targets(finding: &Finding) -> String {
    let kinds: Vec<String> = finding
        .targets
        .iter()
        .map(|t| match t.kind.first().map(String::as_str) {
            Some("custom-build") => "build script".to_owned(),
            Some("lib" | "rlib" | "proc-macro") | None => "lib".to_owned(),
            Some("test") => format!("test {}", t.name),
            Some(kind) => format!("{kind} {}", t.name),
        })
        .collect();
    flat(&format!("{}, {}", finding.report.package(), kinds.join(" and ")))
}

fn proposed(proposal: &Suggestion, theme: Theme) -> Vec<String> {
    let mark = if proposal.is_certain { theme.good(" (can be applied: --fix)") } else { String::new() };
    let mut out = vec![format!("   {}: {}{mark}", theme.literal("help"), flat(&proposal.message))];
    let mut left = PROPOSED;
    for change in &proposal.changes {
        let number = change.line;
        let old = change.old.iter().map(|text| theme.bad(format_args!("- {}", flat(text))));
        let new = change.new.iter().map(|text| theme.good(format_args!("+ {}", flat(text))));
        let lines: Vec<String> = old.chain(new).collect();
        if lines.len() > left {
            out.push("        …".to_owned());
            break;
        }
        left -= lines.len();
        out.extend(lines.into_iter().map(|line| format!("{number:>6} {line}")));
    }
    out
}

/// How it was mended before.
fn remembered(past: &Past, theme: Theme) -> Vec<String> {
    let date = clock::date(past.mend.at);
    let day = date.split(' ').next().unwrap_or_default();
    let what = if past.is_exact { "you mended this before" } else { "you mended one like it before" };
    let package = flat(&past.mend.package);
    let mut out = vec![format!("   {}: {what}, on {day} in `{package}`, like so:", theme.literal("memory"))];
    let mut left = REMEMBERED;
    for file in &past.mend.files {
        if past.mend.files.len() > 1 {
            out.push(format!("      {}", flat(&file.file)));
        }
        for line in file.lines.iter().take(left) {
            let line = flat(line);
            let line = match line.chars().next() {
                Some('-') => theme.bad(line),
                Some('+') => theme.good(line),
                _ => line,
            };
            out.push(format!("       {line}").trim_end().to_owned());
        }
        if file.lines.len() > left {
            out.push("       …".to_owned());
            break;
        }
        left -= file.lines.len();
    }
    out
}

/// What else is owed to it.
fn others(group: &Group) -> Vec<String> {
    let places = |findings: &[Finding]| -> String {
        let places = findings.iter().filter_map(|f| f.report.message.primary());
        let mut places: Vec<String> = places.map(|s| flat(&format!("{}:{}", s.file_name, s.line_start))).collect();
        places.dedup();
        let more = places.len() > PLACES;
        places.truncate(PLACES);
        format!("{}{}", places.join(", "), if more { ", …" } else { "" })
    };
    let mut out = Vec::new();
    let rest = &group.errors[1..];
    if !rest.is_empty() {
        let kind = if group.is_certain { "of the same cause" } else { "of the same kind" };
        out.push(format!("and {} more {kind}: {}", rest.len(), places(rest)));
    }
    if !group.follows.is_empty() {
        out.push(format!("and {} that follow from it: {}", group.follows.len(), places(&group.follows)));
    }
    out
}

/// Text of others in one line.
fn flat(text: &str) -> String {
    let text = flat_long(text);
    match text.char_indices().nth(MESSAGE) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

fn flat_long(text: &str) -> String {
    sanitize::plain(&text.replace(['\n', '\r'], " ").replace('\t', "    "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        advise::{
            diagnostic::{Code, Diagnostic, Line, Report, Span, Target},
            group::groups,
        },
        store::{KnownMend, MendedFile},
        ui::ColorChoice,
    };

    fn report(line: usize, text: &str) -> Report {
        let span = Span {
            file_name: "src/a\u{1b}[2J.rs".into(),
            byte_start: line,
            line_start: line,
            line_end: line,
            column_start: 5,
            column_end: 7,
            is_primary: true,
            text: vec![Line { text: text.into(), highlight_start: 5, highlight_end: 7 }],
            label: Some("not found in this scope\u{202e}".into()),
            ..Span::default()
        };
        let code = Code { code: "E0425".into(), explanation: Some("x".into()) };
        let message = Diagnostic {
            message: "cannot find function `xy` in this scope".into(),
            code: Some(code),
            level: "error".into(),
            spans: vec![span],
            ..Default::default()
        };
        let target = Target { name: "app".into(), kind: vec!["bin".into()], ..Target::default() };
        Report { package_id: "app@1.0.0".into(), manifest_path: "".into(), target, message, cwd: "/w".into() }
    }

    #[test]
    fn one_cause_is_shown_once_with_its_code_and_nothing_acts_on_the_terminal() {
        let all = groups((1..8).map(|line| report(line, "名\tb xy \u{1b}]0;t\u{7}")).collect());
        let text = lines(&all, &[], Theme::default()).join("\n");
        for part in [
            "        Help 7 errors, 1 cause",
            "1. E0425: cannot find function `xy` in this scope",
            "src/a.rs:1:5 (app, bin app)   rustc --explain E0425",
            "1 | 名    b xy ␛]0;t␇",
            "  |         ^^ not found in this scope\\u{202e}",
            "and 6 more of the same cause: src/a.rs:2, src/a.rs:3, src/a.rs:4, src/a.rs:5, …",
        ] {
            assert!(text.contains(part), "{part:?} in\n{text}");
        }
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'), "{text:?}");
        let coloured = lines(&all, &[], Theme::new(ColorChoice::Always, false)).join("\n");
        assert_eq!(sanitize::plain(&coloured), sanitize::plain(&text), "the same words");
    }

    #[test]
    fn a_mend_of_before_stands_below_the_proposal_and_nothing_of_it_acts_on_the_terminal() {
        let lines_of = |text: &str| vec!["  fn f() {".to_owned(), format!("- {text}"), "+ good(\u{1b}[2J);".to_owned()];
        let file =
            |n: usize| MendedFile { file: format!("src/{n}.rs"), lines: (0..n).flat_map(|_| lines_of("bad();")).collect() };
        let past = |files, is_exact| {
            let mend = KnownMend { kinds: Vec::new(), at: 1_772_373_900, package: "app\u{1b}".into(), files };
            vec![vec![Past { mend, is_exact }]]
        };
        let all = groups(vec![report(1, "xy")]);
        let text = lines(&all, &past(vec![file(1)], true), Theme::default()).join("\n");
        let told = "   memory: you mended this before, on 2026-03-01 in `app`, like so:\n         fn f() {\n       - bad();\n       + good(";
        assert!(text.contains(told) && !text.contains('\u{1b}'), "{text}");
        let text = lines(&all, &past(vec![file(1), file(4)], false), Theme::default()).join("\n");
        assert!(text.contains("you mended one like it before") && text.contains("      src/4.rs\n"), "{text}");
        assert_eq!((text.matches("bad();").count(), text.matches("       …").count()), (3, 1), "{text}");
    }

    #[test]
    fn a_flood_is_cut() {
        let mut all: Vec<Report> = (1..15).map(|line| report(line, "    xy")).collect();
        for (n, report) in all.iter_mut().enumerate() {
            report.message.message = format!("cannot find function `f{n}` in this scope");
        }
        let shown = lines(&groups(all), &[], Theme::default());
        assert_eq!(shown.last().map(String::as_str), Some("and 4 causes that are not shown"));
        assert_eq!(shown.iter().filter(|l| l.contains(". E0425")).count(), MOST);
        assert!(lines(&[], &[], Theme::default()).is_empty());
    }
}
