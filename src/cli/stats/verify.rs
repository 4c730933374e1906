//! `stats --verify`: everything that was reused although its sources had been edited is compiled again, without a cache,
//! and compared.
//!
//! With `--json`, one document on one line:
//!
//! ```json
//! {"schema_version":1, "same":9, "different":1, "skipped":2,
//!  "results":[{"unit":"serde 1.0.1 (lib)", "kind":"semantic", "at":1700000000,
//!              "verdict":"same|different|skipped", "details":["libserde-1.rlib: …"]}]}   // newest first
//! ```

use std::collections::BTreeSet;

use serde::Serialize;

use super::json::SCHEMA_VERSION;
use crate::{
    base::text,
    cli::{args::StatsArgs, context::Context, daemon::Daemon, error::CliError, exit},
    engine::truth::Verdict,
    ipc::protocol::{Reply, Request},
    store::Claim,
    ui::{
        summary::words,
        table::{Align, Table},
    },
};

#[derive(Debug, Serialize)]
struct Document {
    schema_version: u32,
    same: usize,
    different: usize,
    skipped: usize,
    results: Vec<Row>,
}

#[derive(Debug, Serialize)]
struct Row {
    unit: String,
    kind: &'static str,
    at: u64,
    verdict: &'static str,
    details: Vec<String>,
}

impl Row {
    fn new(claim: &Claim, verdict: Verdict) -> Self {
        let (verdict, details) = match verdict {
            Verdict::Same => ("same", Vec::new()),
            Verdict::Different(details) => ("different", details),
            Verdict::Skipped(why) => ("skipped", vec![why]),
        };
        Self { unit: claim.unit.clone(), kind: claim.kind.name(), at: claim.at, verdict, details }
    }
}

/// Asks for one check after the other.
///
/// # Errors
/// If the daemon cannot answer.
pub fn answer(ctx: &mut Context, args: StatsArgs, daemon: &mut dyn Daemon) -> Result<i32, CliError> {
    let Reply::Claims(claims) = daemon.ask(&Request::Claims { sample: args.sample })? else {
        return Err(CliError::Misunderstood);
    };
    let mut rows = Vec::with_capacity(claims.len());
    for (n, claim) in claims.iter().enumerate() {
        ctx.printer.status("Verifying", format_args!("{} ({} of {})", claim.unit, n + 1, claims.len()));
        let verdict = match daemon.ask(&Request::VerifyClaim { action: claim.action }) {
            Ok(Reply::Verdict(verdict)) => verdict,
            Ok(_) => return Err(CliError::Misunderstood),
            // Another result may have taken its place since they were listed.
            Err(CliError::Refused(why)) => Verdict::Skipped(why),
            Err(e) => return Err(e),
        };
        if let Verdict::Different(details) = &verdict {
            ctx.printer.error(format_args!("{} is not what a plain compile makes: {}", claim.unit, details.join("; ")));
        }
        rows.push(Row::new(claim, verdict));
    }
    let count = |verdict: &str| rows.iter().filter(|r| r.verdict == verdict).count();
    let (same, different, skipped) = (count("same"), count("different"), count("skipped"));
    let wrong = rows.iter().filter(|r| r.verdict == "different").filter_map(|r| r.unit.split(' ').next());
    let packages: BTreeSet<String> = wrong.map(|name| format!("-p {name}")).collect();
    if args.json {
        let document = Document { schema_version: SCHEMA_VERSION, same, different, skipped, results: rows };
        ctx.printer.data(serde_json::to_string(&document)?);
    } else {
        show(ctx, &rows);
    }
    if different > 0 {
        let results = text::count(different as u64, "result");
        let packages: Vec<String> = packages.into_iter().collect();
        ctx.printer.warning(format_args!("{results} set aside; the target directory still has what was made of it"));
        ctx.printer.hint(format_args!("`cargo clean {}` removes that, too; report the lines above", packages.join(" ")));
        return Ok(exit::NO);
    }
    Ok(exit::OK)
}

fn show(ctx: &mut Context, rows: &[Row]) {
    if rows.is_empty() {
        ctx.printer.data("nothing has been reused after an edit");
        return;
    }
    let mut table = Table::new(&[Align::Left, Align::Left, Align::Left, Align::Left]).head(&["unit", "hit", "result", ""]);
    for row in rows {
        table.row([row.unit.clone(), words(row.kind), row.verdict.to_owned(), row.details.join("; ")]);
    }
    for line in table.render("", ctx.printer.out_theme()) {
        ctx.printer.data(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        base::digest::Digest,
        cli::{context::planted::Planted, daemon::scripted::Scripted},
        events::HitKind,
    };

    fn ask(verdicts: &[Verdict], json: bool) -> (i32, Vec<Request>, String, String) {
        let claim = |n: usize| Claim {
            unit: format!("unit{n} 1.0 (lib)"),
            kind: HitKind::CutOff,
            at: 5,
            stem: "/t".into(),
            command: Digest::of(b"c"),
            action: Digest::of(&[u8::try_from(n).expect("few")]),
            sources: Digest::of(b"s"),
            cut_off: true,
        };
        let mut answers = vec![Reply::Claims((0..verdicts.len()).map(claim).collect())];
        answers.extend(verdicts.iter().cloned().map(Reply::Verdict));
        let mut planted = Planted::new(&[]);
        let mut daemon = Scripted { answers, ..Scripted::default() };
        let args = StatsArgs { verify: true, json, sample: Some(9), ..StatsArgs::default() };
        let code = answer(&mut planted.ctx, args, &mut daemon).expect("answered");
        (code, daemon.asked, planted.said.out(), planted.said.err())
    }

    #[test]
    fn only_a_difference_is_bad() {
        let skipped = || Verdict::Skipped("its sources have changed".into());
        let (code, asked, out, err) = ask(&[Verdict::Same, skipped()], false);
        assert_eq!((code, &asked[0]), (exit::OK, &Request::Claims { sample: Some(9) }));
        assert_eq!(asked.len(), 3);
        assert!(out.contains("cut off") && out.contains("its sources have changed"), "{out}");
        assert!(err.contains("Verifying unit0 1.0 (lib) (1 of 2)") && !err.contains("error"), "{err}");

        let (code, _, out, err) = ask(&[Verdict::Same, Verdict::Different(vec!["x: y".into(), "z".into()])], false);
        assert_eq!(code, exit::NO);
        assert!(out.contains("different  x: y; z"), "{out}");
        assert!(err.contains("error: unit1 1.0 (lib) is not what a plain compile makes: x: y; z"), "{err}");
        assert!(err.contains("1 result set aside") && err.contains("`cargo clean -p unit1`"), "{err}");
        assert_eq!(ask(&[], false).2, "nothing has been reused after an edit\n");
    }

    #[test]
    fn json_is_one_document() {
        let (code, _, out, _) = ask(&[Verdict::Same, Verdict::Different(vec!["x".into()])], true);
        assert_eq!(code, exit::NO);
        let document: serde_json::Value = serde_json::from_str(&out).expect("parses");
        assert_eq!((&document["same"], &document["different"], &document["skipped"]), (&1.into(), &1.into(), &0.into()));
        assert_eq!(document["results"][1]["details"][0], "x");
        assert_eq!(document["results"][0]["kind"], "cut-off");
    }
}
