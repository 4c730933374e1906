//! What the screen shows, as lines. Pure: no terminal, no clock.
//!
//! Errors first, then warnings; what a run before has said stays until the next has something to say. Colour never carries
//! meaning alone.

use std::time::Duration;

use super::{
    face::{Run, Verdict},
    headless::{because, counts, outcome},
    job::Job,
    keys::{self, Action},
    report::{Diagnostic, Level, Report},
};
use crate::{
    base::text,
    ui::{
        Theme,
        lines::{cut, width, wrap},
        sanitize::plain,
    },
};

/// How things are shown; changed by keys.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    pub wrap: bool,
    pub summary: bool,
    pub help: bool,
    /// Rows above the first one that is shown.
    pub scroll: usize,
}

/// A run that has ended.
pub struct Past {
    pub run: Run,
    pub verdict: Verdict,
    pub took: Duration,
}

/// Everything there is to show.
pub struct View<'a> {
    /// The project's name.
    pub name: &'a str,
    pub theme: Theme,
    pub columns: usize,
    pub rows: usize,
    pub manner: Manner,
    /// The one that goes on, and for how long.
    pub running: Option<(&'a Run, Duration)>,
    pub past: Option<&'a Past>,
    pub ahead: Option<&'a str>,
    pub trouble: Option<&'a str>,
}

impl View<'_> {
    /// Exactly as many lines as there are rows, none wider than the screen; how far it can be scrolled.
    pub fn lines(&self) -> (Vec<String>, usize) {
        let height = self.rows.saturating_sub(2);
        let body = if self.manner.help { self.help() } else { self.body() };
        let rows: Vec<String> = body.iter().flat_map(|line| self.fit(line)).collect();
        let most = rows.len().saturating_sub(height);
        let mut lines = vec![self.status()];
        lines.extend(rows.into_iter().skip(self.manner.scroll.min(most)).take(height));
        lines.resize(self.rows.saturating_sub(1).max(1), String::new());
        lines.push(self.hints(most));
        lines.truncate(self.rows);
        (lines, most)
    }

    fn fit(&self, line: &str) -> Vec<String> {
        let columns = self.columns.max(1);
        if self.manner.wrap || self.manner.help { wrap(line, columns) } else { vec![cut(line, columns)] }
    }

    fn status(&self) -> String {
        let theme = self.theme;
        let (job, mut parts) = match (self.running, self.past) {
            (Some((run, since)), _) => {
                // The first moments need no number.
                let since = (since.as_secs() > 0).then(|| format!("{} s", since.as_secs()));
                let found = counts(run.report.errors.len(), run.report.warnings.len());
                let progress = plain(&run.report.progress);
                let because = format!("running{}", because(&run.because));
                (run.job, [Some(theme.literal(because)), since, Some(found), Some(progress)].into_iter().flatten().collect())
            }
            (None, Some(past)) => {
                let mut parts = outcome(&past.run, &past.verdict, past.took);
                let first = &mut parts[0];
                *first = if past.verdict == Verdict::Ok { theme.good(&first) } else { theme.bad(&first) };
                (past.run.job, parts)
            }
            (None, None) => (Job::default(), vec!["waiting for a change".to_owned()]),
        };
        parts.retain(|p: &String| !p.is_empty());
        if let Some(what) = self.ahead.filter(|_| self.running.is_none()) {
            parts.push(format!("compiling {what} ahead"));
        }
        let left = format!("{}  {}", theme.heading(job.name()), parts.join(" · "));
        let name = plain(self.name);
        let gap = self.columns.saturating_sub(width(&left) + width(&name));
        if gap < 2 { cut(&left, self.columns) } else { format!("{left}{}{name}", " ".repeat(gap)) }
    }

    /// The last line: keys, as many as there is room for, and how much there is below.
    fn hints(&self, most: usize) -> String {
        let below = most.saturating_sub(self.manner.scroll);
        let more = if below > 0 { format!("  ↓ {}", text::count(below as u64, "more line")) } else { String::new() };
        let room = self.columns.saturating_sub(width(&more));
        let job = self.running.map(|(run, _)| run.job).or(self.past.map(|p| p.run.job));
        let mut line = String::new();
        for row in keys::TABLE.iter().filter(|row| !row.hint.is_empty() && job.map(Action::Switch) != Some(row.action)) {
            let next = format!("{}{} {}", if line.is_empty() { "" } else { "  " }, self.theme.literal(row.shown), row.hint);
            if width(&line) + width(&next) > room {
                break;
            }
            line.push_str(&next);
        }
        cut(&format!("{line}{more}"), self.columns)
    }

    fn help(&self) -> Vec<String> {
        let wide = keys::TABLE.iter().map(|row| width(row.shown)).max().unwrap_or(0);
        let mut lines = vec![String::new()];
        for row in &keys::TABLE {
            let pad = " ".repeat(wide - width(row.shown));
            lines.push(format!("  {}{pad}  {}", self.theme.literal(row.shown), row.help));
        }
        lines
    }

    fn body(&self) -> Vec<String> {
        // Of a run that goes on, only what is bad enough is worth taking the last one's messages away.
        let fresh = self.running.map(|(run, _)| run).filter(|run| self.past.is_none() || speaks(run));
        let mut lines = Vec::new();
        if let Some(trouble) = self.trouble {
            lines.extend([format!("{} {}", self.theme.warning("warning:"), plain(trouble)), String::new()]);
        }
        match (fresh, self.past) {
            (Some(run), _) => self.report(&mut lines, run, None),
            (None, Some(past)) => self.report(&mut lines, &past.run, Some(&past.verdict)),
            (None, None) => {}
        }
        lines
    }

    fn report(&self, lines: &mut Vec<String>, run: &Run, verdict: Option<&Verdict>) {
        let report = &run.report;
        let of = |list: &[Diagnostic], lines: &mut Vec<String>| list.iter().for_each(|d| self.diagnostic(lines, d));
        of(&report.errors, lines);
        // What the compiler has not said, cargo or a test has.
        let failed = !matches!(verdict, None | Some(Verdict::Ok)) && report.errors.is_empty();
        if let Some(Verdict::NotStarted(why)) = verdict {
            lines.push(plain(why));
        }
        if failed {
            self.text(lines, report, true);
        }
        of(&report.warnings, lines);
        if !failed {
            self.text(lines, report, false);
        }
        if lines.is_empty() && verdict == Some(&Verdict::Ok) {
            lines.push("no errors, no warnings".into());
        }
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
    }

    fn diagnostic(&self, lines: &mut Vec<String>, d: &Diagnostic) {
        if !self.manner.summary {
            lines.extend(d.rendered.lines().map(str::to_owned));
            return lines.push(String::new());
        }
        let label = match (&d.code, d.level) {
            (Some(code), level) => format!("{}[{code}]", level.name()),
            (None, level) => level.name().to_owned(),
        };
        let label = if d.level == Level::Error { self.theme.bad(label) } else { self.theme.warning(label) };
        let place = d
            .place
            .as_ref()
            .map(|(file, line, column)| format!(" {}", self.theme.literal(format_args!("{file}:{line}:{column}"))));
        let message = d.message.lines().next().unwrap_or_default();
        lines.push(format!("{label}{} {message}", place.unwrap_or_default()));
    }

    /// With `failures`, what tells of them stands in front.
    fn text(&self, lines: &mut Vec<String>, report: &Report, failures: bool) {
        let all = &report.text;
        if failures {
            let told = failures_in(all);
            if !told.is_empty() {
                lines.extend(told.iter().flat_map(|block| block.iter().cloned().chain([String::new()])));
                if !self.manner.summary {
                    lines.push(self.theme.heading("All output"));
                }
            }
        }
        if self.manner.summary {
            let worth =
                |line: &&String| line.starts_with("test result:") || line.starts_with("error") || line.ends_with("FAILED");
            lines.extend(all.iter().filter(worth).cloned());
        } else {
            lines.extend(all.iter().cloned());
        }
    }
}

/// Something that must be seen at once.
fn speaks(run: &Run) -> bool {
    !run.report.errors.is_empty() || (matches!(run.job, Job::Run | Job::Test) && !run.report.text.is_empty())
}

/// What test harnesses say of failed tests: from the first `failures:` to the result.
fn failures_in(text: &[String]) -> Vec<&[String]> {
    let mut blocks = Vec::new();
    let mut start = None;
    for (n, line) in text.iter().enumerate() {
        if line == "failures:" && start.is_none() {
            start = Some(n);
        } else if line.starts_with("test result:")
            && let Some(from) = start.take()
        {
            blocks.push(&text[from..=n]);
        }
    }
    blocks
}

#[cfg(test)]
mod tests;
