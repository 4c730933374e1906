//! For editors and CI: a line when a run begins, what it says, a line with its result; or one JSON object for each of these.
//!
//! Plain lines go to stderr, as cargo's do, and only what programs and tests print goes to stdout. With `--json` everything goes to
//! stdout, schema version 1:
//!
//! ```json
//! {"schema_version":1,"event":"watching","directories":12,"trouble":null}
//! {"schema_version":1,"event":"started","run":1,"job":"check","because":["src/lib.rs"]}
//! {"schema_version":1,"event":"diagnostic","run":1,"level":"error","code":"E0308","message":"…","rendered":"…",
//!  "file":"src/lib.rs","line":3,"column":5,"package":"path+file:///…"}
//! {"schema_version":1,"event":"output","run":1,"stream":"stdout","text":"…"}
//! {"schema_version":1,"event":"ended","run":1,"job":"check","result":"ok","errors":0,"warnings":1,"took_ms":740,
//!  "exit_code":0,"cache":"12 hits, saved 3.1 s","tests":{"passed":3,"failed":0,"ignored":0}}
//! ```
//! `result` is `ok`, `failed`, `interrupted` or `not-started`. Keys and events may be added within a version, and readers pass over
//! those they do not know.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{
    child::Stream,
    face::{Face, Run, Verdict, Wish},
    report::{Diagnostic, Heard},
};
use crate::{
    base::text,
    ui::{Printer, sanitize::plain},
};

/// The version of the lines.
pub const SCHEMA_VERSION: u32 = 1;
/// In front of our lines.
const VERB: &str = "Watch";

/// Prints.
pub struct Headless<'a> {
    printer: &'a mut Printer,
    json: bool,
    told: Option<String>,
}

impl<'a> Headless<'a> {
    /// Into these streams.
    pub fn new(printer: &'a mut Printer, json: bool) -> Self {
        Self { printer, json, told: None }
    }

    fn json(&mut self, mut line: Value) {
        line["schema_version"] = SCHEMA_VERSION.into();
        self.printer.data(line);
    }
}

/// `2 errors, 1 warning`, or nothing.
pub fn counts(errors: usize, warnings: usize) -> String {
    let counted = [(errors, "error"), (warnings, "warning")];
    let said = counted.iter().filter(|(n, _)| *n > 0).map(|(n, what)| text::count(*n as u64, what));
    said.collect::<Vec<_>>().join(", ")
}

/// What a run has come to, without its name.
pub fn outcome(run: &Run, verdict: &Verdict, took: Duration) -> Vec<String> {
    let report = &run.report;
    let word = match verdict {
        Verdict::NotStarted(why) => format!("could not be started: {}", plain(why)),
        Verdict::Failed(Some(status)) if status.code().is_none() => format!("failed ({status})"),
        verdict => verdict.name().to_owned(),
    };
    let tests = report.tests.map(|t| match t.failed {
        0 => format!("{} passed", t.passed),
        failed => format!("{failed} failed, {} passed", t.passed),
    });
    let took = text::millis(took.as_millis().try_into().unwrap_or(u64::MAX));
    let all = [Some(word), Some(counts(report.errors.len(), report.warnings.len())), tests, Some(took), report.cache.clone()];
    all.into_iter().flatten().filter(|part| !part.is_empty()).collect()
}

fn diagnostic(run: u64, d: &Diagnostic) -> Value {
    let (file, line, column) = d.place.clone().map_or((None, None, None), |(f, l, c)| (Some(f), Some(l), Some(c)));
    json!({ "event": "diagnostic", "run": run, "level": d.level.name(), "code": d.code, "message": d.message,
        "rendered": d.rendered, "file": file, "line": line, "column": column, "package": d.package })
}

impl Face for Headless<'_> {
    fn watching(&mut self, dirs: usize, trouble: Option<&str>) {
        if self.json {
            self.json(json!({ "event": "watching", "directories": dirs, "trouble": trouble }));
        } else if let Some(trouble) = trouble.filter(|t| self.told.as_deref() != Some(t)) {
            self.told = Some(trouble.to_owned());
            self.printer.warning(trouble);
        }
    }

    fn begin(&mut self, run: &Run) {
        if self.json {
            self.json(json!({ "event": "started", "run": run.number, "job": run.job.name(), "because": run.because }));
        } else {
            self.printer.status(VERB, format_args!("{}{}", run.job.name(), because(&run.because)));
        }
    }

    fn heard(&mut self, run: &Run, heard: &Heard) {
        match heard {
            Heard::Diagnostic(d) if self.json => self.json(diagnostic(run.number, d)),
            Heard::Diagnostic(d) => self.printer.say(format_args!("{}\n", d.rendered)),
            Heard::Text(stream, text) if self.json => {
                let name = if *stream == Stream::Out { "stdout" } else { "stderr" };
                self.json(json!({ "event": "output", "run": run.number, "stream": name, "text": text }));
            }
            Heard::Text(stream, text) => {
                let theme = if *stream == Stream::Out { self.printer.out_theme() } else { self.printer.err_theme() };
                let text = if theme.is_on() { text.clone() } else { plain(text) };
                match stream {
                    Stream::Out => self.printer.data(text),
                    Stream::Err => self.printer.say(text),
                }
            }
            Heard::Progress(line) if !self.json => self.printer.say(line),
            Heard::Progress(_) | Heard::Cache(_) | Heard::Nothing => {}
        }
    }

    fn end(&mut self, run: &Run, verdict: &Verdict, took: Duration) {
        if !self.json {
            let line = format!("{}: {}", run.job.name(), outcome(run, verdict, took).join(", "));
            return match verdict {
                Verdict::Ok => self.printer.status(VERB, line),
                _ => self.printer.status_warning(VERB, line),
            };
        }
        let report = &run.report;
        let (exit_code, why) = match verdict {
            Verdict::Ok => (Some(0), None),
            Verdict::Failed(status) => (status.and_then(|s| s.code()), None),
            Verdict::Interrupted => (None, None),
            Verdict::NotStarted(why) => (None, Some(why)),
        };
        let tests = report.tests.map(|t| json!({ "passed": t.passed, "failed": t.failed, "ignored": t.ignored }));
        self.json(json!({ "event": "ended", "run": run.number, "job": run.job.name(), "result": verdict.name(), "why": why,
            "errors": report.errors.len(), "warnings": report.warnings.len(), "tests": tests, "exit_code": exit_code,
            "took_ms": u64::try_from(took.as_millis()).unwrap_or(u64::MAX), "cache": report.cache }));
    }

    fn ahead(&mut self, _: Option<&str>) {}

    fn event(&mut self, _: &crossterm::event::Event) -> Wish {
        Wish::Nothing
    }

    fn show(&mut self, _: Option<&Run>, _: Instant) {}

    fn next(&self, _: bool) -> Option<Instant> {
        None
    }

    fn is_gone(&self) -> bool {
        self.printer.is_unread()
    }
}

/// ` (src/lib.rs and 3 more)`, or nothing.
pub fn because(files: &[String]) -> String {
    match files {
        [] => String::new(),
        [one] => format!(" ({})", plain(one)),
        [first, rest @ ..] => format!(" ({} and {} more)", plain(first), rest.len()),
    }
}
