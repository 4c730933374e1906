//! What a run has said: diagnostics of compilers, one by one; everything else as text.
//!
//! Cargo writes one JSON message per line until the build has finished; what comes after that is the program's or the tests'.
//! It must never lose a line: what is not understood is text. Nothing of it may act on a terminal.

use std::collections::HashSet;

use serde::Deserialize;

use super::child::Stream;
use crate::{
    advise::diagnostic,
    ui::{sanitize, summary},
};

/// Lines of text that are kept of one run; the oldest go first.
const KEPT: usize = 20_000;

/// How bad it is; the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Error,
    Warning,
}

impl Level {
    /// As compilers say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// One message of a compiler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub level: Level,
    pub code: Option<String>,
    pub message: String,
    /// As the compiler has laid it out, with nothing but colours.
    pub rendered: String,
    /// File, line and column of the first place that it names.
    pub place: Option<(String, usize, usize)>,
    pub package: String,
}

/// What a line was.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    Diagnostic(Diagnostic),
    /// What cargo is at: `Compiling serde v1.0.0`.
    Progress(String),
    /// What the cache has done.
    Cache(String),
    Text(Stream, String),
    /// A message that nobody needs to see, or one that was seen.
    Nothing,
}

/// Tests, as the harness counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tests {
    pub passed: u64,
    pub failed: u64,
    pub ignored: u64,
}

/// Everything so far.
#[derive(Debug, Clone, Default)]
pub struct Report {
    pub errors: Vec<Diagnostic>,
    pub warnings: Vec<Diagnostic>,
    /// Without cargo's progress.
    pub text: Vec<String>,
    pub tests: Option<Tests>,
    /// What the cache has done.
    pub cache: Option<String>,
    /// What cargo is at.
    pub progress: String,
    seen: HashSet<String>,
    built: bool,
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    #[serde(default)]
    package_id: String,
    message: Option<diagnostic::Diagnostic>,
}

/// What cargo's progress begins with, behind at least four spaces.
const VERBS: [&str; 19] = [
    "Compiling",
    "Checking",
    "Finished",
    "Running",
    "Fresh",
    "Dirty",
    "Blocking",
    "Updating",
    "Downloading",
    "Downloaded",
    "Locking",
    "Adding",
    "Removing",
    "Building",
    "Documenting",
    "Executable",
    "Doc-tests",
    "Waiting",
    "Scraping",
];

impl Report {
    /// Takes a line.
    pub fn hear(&mut self, stream: Stream, line: &str) -> Heard {
        if stream == Stream::Out
            && !self.built
            && line.starts_with("{\"reason\":")
            && let Ok(message) = serde_json::from_str(line)
        {
            return self.message(message);
        }
        if stream == Stream::Err
            && let Some(heard) = self.cargo(&sanitize::plain(line))
        {
            return heard;
        }
        let text = sanitize::styled(line);
        self.count_tests(&text);
        if self.text.len() >= KEPT {
            self.text.drain(..KEPT / 10);
        }
        self.text.push(text.clone());
        Heard::Text(stream, text)
    }

    /// Errors, then warnings.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.errors.iter().chain(&self.warnings)
    }

    fn message(&mut self, line: Line) -> Heard {
        self.built |= line.reason == "build-finished";
        let Some(message) = line.message.filter(|_| line.reason == "compiler-message") else { return Heard::Nothing };
        let level = match message.level.as_str() {
            level if level.starts_with("error") => Level::Error,
            "warning" => Level::Warning,
            _ => return Heard::Nothing,
        };
        // How many there were is counted here.
        let is_sum = message.spans.is_empty()
            && message.code.is_none()
            && (message.message.starts_with("aborting due to ") || message.message.ends_with(" emitted"));
        let rendered = sanitize::styled(message.rendered.as_deref().unwrap_or(&message.message)).trim_end().to_owned();
        // A library and its tests say the same.
        if is_sum || !self.seen.insert(rendered.clone()) {
            return Heard::Nothing;
        }
        let primary = message.primary().or(message.spans.first());
        let diagnostic = Diagnostic {
            level,
            code: message.code.as_ref().map(|c| sanitize::plain(&c.code)),
            message: sanitize::plain(&message.message),
            rendered,
            place: primary.map(|s| (sanitize::plain(&s.file_name), s.line_start, s.column_start)),
            package: sanitize::plain(&line.package_id),
        };
        match level {
            Level::Error => self.errors.push(diagnostic.clone()),
            Level::Warning => self.warnings.push(diagnostic.clone()),
        }
        Heard::Diagnostic(diagnostic)
    }

    /// Lines of cargo's own, and ours among them.
    fn cargo(&mut self, line: &str) -> Option<Heard> {
        let (verb, rest) = line.strip_prefix("   ")?.trim_start().split_once(' ')?;
        if verb == summary::VERB {
            self.cache = Some(rest.to_owned());
            return Some(Heard::Cache(rest.to_owned()));
        }
        if !VERBS.contains(&verb) {
            return None;
        }
        self.progress = format!("{verb} {rest}");
        Some(Heard::Progress(line.to_owned()))
    }

    /// `test result: ok. 3 passed; 0 failed; 1 ignored; …`
    fn count_tests(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else { return };
        let number = |what: &str| {
            let counted = result.split([';', '.']).find_map(|part| part.trim().strip_suffix(what));
            counted.and_then(|n| n.trim().parse::<u64>().ok()).unwrap_or(0)
        };
        let tests = self.tests.get_or_insert_default();
        tests.passed += number("passed");
        tests.failed += number("failed");
        tests.ignored += number("ignored");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ERROR: &str = r#"{"reason":"compiler-message","package_id":"path+file:///w#app@0.1.0","target":{"name":"app"},"message":{"rendered":"\u001b[1m\u001b[91merror[E0425]\u001b[0m: x\u001b[2J\n","level":"error","code":{"code":"E0425","explanation":null},"message":"x","spans":[{"file_name":"src/main.rs","line_start":3,"column_start":5,"is_primary":true}]}}"#;

    #[test]
    fn messages_are_told_apart_and_once() {
        let mut report = Report::default();
        let Heard::Diagnostic(found) = report.hear(Stream::Out, ERROR) else { panic!("no diagnostic") };
        assert_eq!((found.level, found.code.as_deref()), (Level::Error, Some("E0425")));
        assert_eq!(found.rendered, "\u{1b}[1m\u{1b}[91merror[E0425]\u{1b}[0m: x");
        assert_eq!(found.place, Some(("src/main.rs".into(), 3, 5)));
        assert_eq!(report.hear(Stream::Out, ERROR), Heard::Nothing);
        let sum = r#"{"reason":"compiler-message","message":{"rendered":"","level":"error","code":null,"message":"aborting due to 1 previous error","spans":[]}}"#;
        assert_eq!(report.hear(Stream::Out, sum), Heard::Nothing);
        assert_eq!(report.hear(Stream::Out, r#"{"reason":"compiler-artifact"}"#), Heard::Nothing);
        assert_eq!((report.errors.len(), report.warnings.len(), report.text.len()), (1, 0, 0));
    }

    #[test]
    fn what_a_program_prints_is_text_whatever_it_looks_like() {
        let mut report = Report::default();
        assert!(matches!(report.hear(Stream::Out, r#"{"reason": 1}"#), Heard::Text(..)));
        report.hear(Stream::Out, r#"{"reason":"build-finished","success":true}"#);
        assert!(matches!(report.hear(Stream::Out, ERROR), Heard::Text(..)));
        assert_eq!(report.errors.len(), 0);
    }

    #[test]
    fn cargos_progress_is_not_kept_and_its_errors_are() {
        let mut report = Report::default();
        assert!(matches!(report.hear(Stream::Err, "   Compiling app v0.1.0"), Heard::Progress(_)));
        assert!(matches!(
            report.hear(Stream::Err, "\u{1b}[1m\u{1b}[32m    Hyperopt\u{1b}[0m 2 hits, saved 1 s"),
            Heard::Cache(_)
        ));
        assert_eq!((report.progress.as_str(), report.cache.as_deref()), ("Compiling app v0.1.0", Some("2 hits, saved 1 s")));
        for line in ["error: failed to parse manifest", "    Something else", "Compiling"] {
            assert!(matches!(report.hear(Stream::Err, line), Heard::Text(..)), "{line}");
        }
        assert_eq!(report.text.len(), 3);
    }

    #[test]
    fn tests_are_counted_over_all_programs() {
        let mut report = Report::default();
        for line in [
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 1 passed; 2 failed; 0 ignored",
        ] {
            report.hear(Stream::Out, line);
        }
        assert_eq!(report.tests, Some(Tests { passed: 4, failed: 2, ignored: 1 }));
    }
}
