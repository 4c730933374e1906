//! Pictures of the screen: what stands where, at any size.

use super::*;
use crate::{
    ui::ColorChoice,
    watch::{child::Stream, report::Report},
};

const MESSAGES: [&str; 3] = [
    r#"{"reason":"compiler-message","message":{"rendered":"warning: unused\n --> a.rs:1:1\n","level":"warning","code":{"code":"unused"},"message":"unused","spans":[{"file_name":"a.rs","line_start":1,"column_start":1,"is_primary":true}]}}"#,
    r#"{"reason":"compiler-message","message":{"rendered":"\u001b[31merror[E0308]: a long line that has to be wrapped somewhere\u001b[0m\n --> b.rs:2:3\n","level":"error","code":{"code":"E0308"},"message":"mismatched","spans":[{"file_name":"b.rs","line_start":2,"column_start":3,"is_primary":true}]}}"#,
    r#"{"reason":"build-finished","success":false}"#,
];

fn run(job: Job, said: &[(Stream, &str)]) -> Run {
    let mut report = Report::default();
    for (stream, line) in said {
        report.hear(*stream, line);
    }
    Run { number: 1, job, because: vec!["src/lib.rs".into()], started: std::time::Instant::now(), report }
}

fn past(job: Job, said: &[(Stream, &str)], ok: bool) -> Past {
    let verdict = if ok { Verdict::Ok } else { Verdict::Failed(None) };
    Past { run: run(job, said), verdict, took: Duration::from_millis(740) }
}

fn said() -> Vec<(Stream, &'static str)> {
    let mut all: Vec<_> = MESSAGES.iter().map(|line| (Stream::Out, *line)).collect();
    all.push((Stream::Err, "    Hyperopt 2 hits, saved 1.0 s"));
    all.push((Stream::Err, "error: could not compile"));
    all
}

fn manner() -> Manner {
    Manner { wrap: true, summary: false, help: false, scroll: 0 }
}

fn shown(columns: usize, rows: usize, manner: Manner, past: Option<&Past>, running: Option<&Run>) -> Vec<String> {
    let running = running.map(|run| (run, Duration::from_millis(2500)));
    let theme = Theme::new(ColorChoice::Never, false);
    let view = View { name: "demo", theme, columns, rows, manner, running, past, ahead: Some("build"), trouble: None };
    let (lines, _) = view.lines();
    assert_eq!(lines.len(), rows);
    assert!(lines.iter().all(|line| width(line) <= columns), "{lines:#?}");
    lines.iter().map(|line| crate::ui::sanitize::plain(line).trim_end().to_owned()).collect()
}

#[test]
fn errors_stand_first_and_everything_fits() {
    let past = past(Job::Check, &said(), false);
    let expected = [
        "check  failed · 1 error, 1 warning · 740 ms · 2 hits, sav…",
        "error[E0308]: a long line that has to be wrapped somewhere",
        " --> b.rs:2:3",
        "",
        "warning: unused",
        " --> a.rs:1:1",
        "",
        "error: could not compile",
        "q quit  ? help  b build  t test  l clippy  r run",
    ];
    assert_eq!(shown(58, 9, manner(), Some(&past), None), expected);
}

#[test]
fn a_small_screen_scrolls() {
    let past = past(Job::Check, &said(), false);
    let at = |scroll| shown(30, 5, Manner { scroll, ..manner() }, Some(&past), None);
    let top = at(0);
    assert_eq!(top[1..4], ["error[E0308]: a long line that", " has to be wrapped somewhere", " --> b.rs:2:3"]);
    assert_eq!(top[4], "q quit  ? help  ↓ 5 more lines");
    assert_eq!(at(5)[3], "error: could not compile");
    assert_eq!(at(99), at(5));
    let cut = shown(30, 5, Manner { wrap: false, ..manner() }, Some(&past), None);
    assert_eq!(cut[1..3], ["error[E0308]: a long line tha…", " --> b.rs:2:3"]);
}

#[test]
fn a_line_for_each_message() {
    let past = past(Job::Check, &said(), false);
    let lines = shown(60, 6, Manner { summary: true, ..manner() }, Some(&past), None);
    assert_eq!(lines[1..4], ["error[E0308] b.rs:2:3 mismatched", "warning[unused] a.rs:1:1 unused", "error: could not compile"]);
}

#[test]
fn the_last_result_stays_until_there_is_something_worse_to_say() {
    let last = past(Job::Check, &said(), false);
    let quiet = run(Job::Check, &[(Stream::Out, MESSAGES[0]), (Stream::Err, "   Compiling app v0.1.0")]);
    let lines = shown(100, 8, manner(), Some(&last), Some(&quiet));
    assert_eq!(lines[0], format!("{:<96}demo", "check  running (src/lib.rs) · 2 s · 1 warning · Compiling app v0.1.0"));
    assert!(lines[1].starts_with("error[E0308]"));
    let fine = past(Job::Check, &[], true);
    let loud = run(Job::Check, &[(Stream::Out, MESSAGES[1])]);
    assert!(shown(100, 8, manner(), Some(&fine), Some(&loud))[1].starts_with("error[E0308]"));
    assert_eq!(
        shown(60, 4, manner(), Some(&fine), None)[..2],
        ["check  ok · 740 ms · compiling build ahead              demo", "no errors, no warnings"]
    );
}

#[test]
fn failed_tests_stand_first() {
    let lines = [
        "running 2 tests",
        "test a ... ok",
        "test b ... FAILED",
        "",
        "failures:",
        "",
        "---- b stdout ----",
        "broken",
        "",
        "failures:",
        "    b",
        "",
        "test result: FAILED. 1 passed; 1 failed; 0 ignored",
    ];
    let said: Vec<_> = lines.iter().map(|line| (Stream::Out, *line)).collect();
    let past = past(Job::Test, &said, false);
    let shown = shown(80, 30, manner(), Some(&past), None);
    assert!(shown[0].starts_with("test  failed · 1 failed, 1 passed · 740 ms"), "{shown:#?}");
    assert_eq!(shown[1..5], ["failures:", "", "---- b stdout ----", "broken"]);
    let all = shown.iter().position(|line| line == "All output").expect("a heading");
    assert_eq!(shown[all + 1], "running 2 tests");
}

#[test]
fn help_is_the_table() {
    let lines = shown(60, 25, Manner { help: true, ..manner() }, None, None);
    for row in &keys::TABLE {
        assert!(lines.iter().any(|line| line.contains(row.help) && line.contains(row.shown)), "{}", row.help);
    }
}

#[test]
fn no_size_is_too_small() {
    let past = past(Job::Check, &said(), false);
    for (columns, rows) in [(0, 0), (1, 1), (2, 2), (3, 1), (1, 40)] {
        let theme = Theme::new(ColorChoice::Always, true);
        let view = View {
            name: "demo",
            theme,
            columns,
            rows,
            manner: manner(),
            running: None,
            past: Some(&past),
            ahead: None,
            trouble: Some("x"),
        };
        assert_eq!(view.lines().0.len(), rows);
    }
}
