//! The report as one page that needs nothing else: no other file, no address, and no script to be read.
//!
//! Everything that comes from elsewhere (names of crates, paths) goes through `text`. It must never decide what is worth
//! saying; a project of 500 units stays below a megabyte.

mod map;
mod table;
mod timeline;

use std::fmt::Write;

use super::{Finding, Report, word};
use crate::base::text::{count, millis, visible};

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Text as it may stand anywhere in a page, in attributes as well.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + 8);
    for c in visible(raw).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text in which what stands between backticks is code.
fn prose(raw: &str) -> String {
    let mut out = String::new();
    for (n, part) in text(raw).split('`').enumerate() {
        if n % 2 == 1 {
            let _ = write!(out, "<code>{part}</code>");
        } else {
            out.push_str(part);
        }
    }
    out
}

/// The page. `when` is when the report was made, for people.
pub fn page(report: &Report, when: &str) -> String {
    let project = &report.input.project;
    let (name, command) = (text(&report.name()), text(&project.command()));
    let mut body = String::new();
    let _ = write!(
        body,
        "<header><p class=kicker>rustc-hyperopt analyze</p><h1>{name}</h1><p class=lead>{}</p></header>",
        lead(report)
    );
    body.push_str(&tiles(report));
    body.push_str(&findings(&report.findings));
    if let Some(last) = &report.last {
        body.push_str(&timeline::section(report, &last.build, "The last build that compiled something"));
        let compiled = |b: &&crate::events::BuildRecord| {
            b.units.iter().filter(|u| matches!(u.deed, crate::events::Deed::Compiled(_))).count()
        };
        if let Some(fullest) = project.builds.iter().max_by_key(compiled).filter(|b| b.head != last.build.head) {
            body.push_str(&timeline::section(report, fullest, "The fullest build on record"));
        }
    }
    body.push_str(&map::section(report));
    body.push_str(&table::section(report));
    let _ = write!(
        body,
        "<footer><p>Made on {} from {} of <code>{command}</code> in <code>{}</code>. Times are wall-clock times of compilers that \
         ran beside each other; “from scratch” takes the fullest compile of each unit on record. A build script’s time is that \
         between the files that cargo writes before and after it.</p></footer>",
        text(when),
        count(project.builds.len() as u64, "recorded build"),
        text(&report.input.root.display().to_string())
    );
    format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8>\
         <meta name=viewport content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=Content-Security-Policy content=\"default-src 'none';style-src 'unsafe-inline';script-src 'unsafe-inline'\">\
         <meta name=color-scheme content=\"light dark\"><title>{name}: what its builds cost</title><style>{STYLE}</style></head>\
         <body><main>{body}</main><script>{SCRIPT}</script></body></html>\n"
    )
}

fn lead(report: &Report) -> String {
    let units = count(report.input.project.units.len() as u64, "unit");
    let scratch = format!(
        "A build from scratch has {units} and takes about <b>{}</b> with {}.",
        millis(report.scratch.wall_ms),
        count(report.input.jobs as u64, "processor")
    );
    let Some(last) = &report.last else { return format!("{scratch} None is on record in which something was compiled.") };
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for run in &last.build.units {
        let word = word(Some(&run.deed));
        match counts.iter_mut().find(|(w, _)| *w == word) {
            Some((_, n)) => *n += 1,
            None => counts.push((word, 1)),
        }
    }
    let told: Vec<String> = counts
        .iter()
        .map(|(word, n)| match *word {
            "build script run" => count(*n, "build script run"),
            word => format!("{n} {word}"),
        })
        .collect();
    format!("{scratch} The last one took <b>{}</b>: {}.", millis(last.wall_ms), told.join(", "))
}

fn tiles(report: &Report) -> String {
    let parallel = report.scratch.work_ms as f64 / report.scratch.wall_ms.max(1) as f64;
    let build_gain = |f: &&Finding| f.gain.filter(|g| !g.per_edit).map_or(0, |g| g.ms);
    let best = report.findings.iter().filter(|f| f.name != "critical-path").map(|f| build_gain(&f)).max().unwrap_or(0);
    let all = [
        (millis(report.scratch.work_ms), "of work in a build from scratch"),
        (millis(report.scratch.path_ms), "critical path: no build is faster"),
        (format!("{parallel:.1}×"), "units at once, on average"),
        (millis(best), "worth the best single change"),
    ];
    let tile = |(value, what): &(String, &str)| format!("<div class=tile><b>{value}</b><span>{what}</span></div>");
    format!("<section class=tiles>{}</section>", all.iter().map(tile).collect::<String>())
}

fn findings(all: &[Finding]) -> String {
    let mut out = String::from("<section><h2>What would help</h2>");
    if all.is_empty() {
        out.push_str("<p class=note>Nothing stands out.</p>");
    }
    out.push_str("<div class=cards>");
    for finding in all {
        let gain = finding.gain.filter(|g| g.ms > 0).map_or_else(String::new, |gain| {
            let per = if gain.per_edit { "per edit" } else { "per full build" };
            let sign = if gain.basis == super::Basis::AtMost { "≤ " } else { "−" };
            format!(
                "<div class=gain title=\"{}\"><b>{sign}{}</b><span>{per}</span></div>",
                gain.basis.sentence(),
                millis(gain.ms)
            )
        });
        let details: String = finding.details.iter().take(12).map(|d| format!("<li>{}</li>", prose(d))).collect();
        let apply = finding
            .apply
            .map_or_else(String::new, |name| format!("<p class=apply><code>rustc-hyperopt analyze --apply {name}</code></p>"));
        let _ = write!(
            out,
            "<article class=card><div class=head><div><p class=kind>{}</p><h3>{}</h3></div>{gain}</div>\
             <p>{}</p>{apply}<details><summary>Details</summary><ul>{details}</ul></details></article>",
            finding.name.replace('-', " "),
            prose(&heading(finding)),
            prose(&capital(&finding.change)),
        );
    }
    out + "</div></section>"
}

/// What begins with the name of a crate is left as it is.
fn heading(finding: &Finding) -> String {
    if matches!(finding.name, "dependency" | "duplicate" | "refusal") {
        return finding.title.clone();
    }
    let mut heading = capital(&finding.title);
    heading.pop();
    heading
}

fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", chars.as_str())
}

/// How a bar of a unit is coloured.
fn class(kind: &str, word: &str) -> &'static str {
    match (word, kind) {
        ("restored", _) => "hit",
        ("seeded", _) => "seed",
        ("failed", _) => "bad",
        ("not cached", _) => "odd",
        (_, "run") => "run",
        (_, "build-script") => "bs",
        (_, "lib" | "proc-macro") => "lib",
        _ => "bin",
    }
}

#[cfg(test)]
mod tests;
