//! `stats`: the counters since the last reset, as text or JSON.
//!
//! It must never compute what the daemon already counts, and shows every reason with its sentence.

use super::{
    args::StatsArgs,
    context::Context,
    daemon::{self, Daemon},
    error::CliError,
    exit,
};
use crate::ipc::protocol::{Reply, Request};

pub mod crates;
pub mod json;
pub mod sentence;
mod text;
mod verify;

/// Runs the command.
///
/// # Errors
/// If the daemon cannot answer.
pub fn run(ctx: &mut Context, args: StatsArgs) -> Result<i32, CliError> {
    let mut daemon = daemon::connect(ctx)?;
    answer(ctx, args, &mut daemon)
}

fn answer(ctx: &mut Context, args: StatsArgs, daemon: &mut dyn Daemon) -> Result<i32, CliError> {
    if args.reset {
        return match daemon.ask(&Request::ResetStats)? {
            Reply::Done => {
                ctx.printer.status("Reset", "the counters start from nothing");
                Ok(exit::OK)
            }
            _ => Err(CliError::Misunderstood),
        };
    }
    if args.verify {
        return verify::answer(ctx, args, daemon);
    }
    let stats = daemon.stats()?;
    let health = if args.detailed { Some(daemon.health()?) } else { None };
    if args.json {
        ctx.printer.data(serde_json::to_string(&json::Document::new(&stats, health.as_ref()))?);
    } else {
        for line in text::lines(&stats, health.as_ref(), ctx.printer.out_theme()) {
            ctx.printer.data(line);
        }
    }
    Ok(exit::OK)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::{
        cli::{context::planted::Planted, daemon::scripted::Scripted},
        events::{CutOff, HitKind, Outcome, Reason, Tools, UnitEvent},
        ipc::protocol::{HealthReply, SizeReply, StatsReply},
        rustc::WhyNot,
    };

    fn miss(reason: Reason, compile_ms: u64) -> Outcome {
        Outcome::Miss { reason, cut_off: CutOff::NotTried, compile_ms }
    }

    /// A small history: newest first.
    pub fn history() -> StatsReply {
        let event = |at, name: &str, unit: &str, outcome| UnitEvent {
            at,
            session: "s".into(),
            crate_name: name.into(),
            unit: unit.into(),
            outcome,
            tools: Tools::default(),
        };
        let events = vec![
            event(40, "app", "app 0.1.0 bin", miss(Reason::FirstSeen, 1_400)),
            event(
                30,
                "serde_json",
                "serde_json 1.0.1 lib",
                Outcome::Hit { kind: HitKind::Exact, saved_ms: 3_000, took_ms: 5, bytes: 2_000 },
            ),
            event(20, "asm", "asm 0.1.0 lib", Outcome::Bypass { why: WhyNot::Emit("asm".into()) }),
            event(10, "serde_json", "serde_json 1.0.1 lib", miss(Reason::NotStored, 3_100)),
        ];
        let mut stats = StatsReply {
            size: SizeReply { entries: 3, blobs: 6, blob_bytes: 9_000_000, index_bytes: 1_000_000, max_bytes: 20_000_000_000 },
            since: 1_700_000_000,
            ..StatsReply::default()
        };
        events.iter().for_each(|e| stats.totals.add(e));
        stats.totals.trouble("publish-failed");
        for event in &events {
            stats.crates.entry(event.crate_name.clone()).or_default().add(&event.outcome);
        }
        stats.events = events;
        stats
    }

    fn health() -> HealthReply {
        HealthReply { version: "0.1.0".into(), uptime_secs: 90, memory_bytes: Some(30_000_000), ..HealthReply::default() }
    }

    fn show(args: StatsArgs) -> String {
        let mut planted = Planted::new(&[]);
        let mut daemon =
            Scripted { answers: vec![Reply::Stats(Box::new(history())), Reply::Health(health())], ..Scripted::default() };
        assert_eq!(answer(&mut planted.ctx, args, &mut daemon).expect("answered"), exit::OK);
        assert_eq!(planted.said.err(), "", "data only");
        planted.said.out()
    }

    #[test]
    fn the_table_names_every_reason_with_a_sentence() {
        let text = show(StatsArgs::default());
        for expected in [
            "Restored",
            "exact",
            "Compiled",
            "first seen",
            "it was never compiled through this cache before",
            "not stored",
            "Not cached",
            "emit",
            "makes files that cargo does not track",
            "Time saved",
            "3.0 s",
            "10.0 MB of 20.0 GB",
            "Troubles",
            "publish failed",
        ] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
        assert!(!text.contains("serde_json"), "{text}");
    }

    #[test]
    fn detailed_adds_crates_and_events() {
        let text = show(StatsArgs { detailed: true, ..StatsArgs::default() });
        assert!(text.contains("serde_json") && text.contains("app 0.1.0 bin"), "{text}");
        let (serde, app) = (text.find("serde_json"), text.find("app"));
        assert!(serde < app, "the most expensive first\n{text}");
        for expected in ["Background process", "0.1.0, up 1 min 30 s, 30.0 MB of memory, nothing queued", "2.0 kB"] {
            assert!(text.contains(expected), "{expected} in\n{text}");
        }
        let wide = text.lines().find(|l| l.chars().count() > 80);
        assert_eq!(wide, None, "{text}");
    }

    #[test]
    fn json_is_one_document_and_reset_asks_for_it() {
        let text = show(StatsArgs { json: true, ..StatsArgs::default() });
        let document: json::Document = serde_json::from_str(&text).expect("parses");
        assert_eq!((document.schema_version, document.totals.hits["exact"], document.crates), (1, 1, None));

        let mut planted = Planted::new(&[]);
        let mut daemon = Scripted { answers: vec![Reply::Done], ..Scripted::default() };
        answer(&mut planted.ctx, StatsArgs { reset: true, ..StatsArgs::default() }, &mut daemon).expect("reset");
        assert_eq!((daemon.asked, planted.said.out()), (vec![Request::ResetStats], String::new()));
    }

    #[test]
    fn what_was_not_taken_in_is_named_with_the_reason() {
        let mut stats = history();
        stats.units.build(7);
        ["a-1", "b-2"].iter().for_each(|unit| stats.units.left_out("location", unit));
        let health = HealthReply::default();
        let lines = |health| text::lines(&stats, health, crate::ui::Theme::default()).join("\n");
        let text = lines(Some(&health));
        assert!(text.contains("Taken in 7 units of 1 build") && text.contains("Not taken in 2"), "{text}");
        assert!(text.contains("2  location  the path of a directory is part of it: a-1, b-2"), "{text}");
        assert!(!lines(None).contains("aken in"), "{}", lines(None));
        let json = serde_json::to_value(json::Document::new(&stats, None)).expect("encodes");
        assert_eq!(json["units"]["left_out"]["location"], serde_json::json!({"count": 2, "units": ["a-1", "b-2"]}));
    }

    #[test]
    fn an_empty_history_says_so() {
        let lines = text::lines(&StatsReply::default(), Some(&HealthReply::default()), crate::ui::Theme::default());
        assert!(lines.join("\n").contains("nothing has been built"), "{lines:?}");
    }
}
