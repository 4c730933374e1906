//! `why`: what became of a crate's last compiles, and the reason. One line a unit (library, build script, tests, …).
//!
//! With `--json`: `{"schema_version":1,"crate":"…","units":[…]}`; a unit has the keys of an event of `stats --json`.

use super::{
    args::WhyArgs,
    context::Context,
    daemon::{self, Daemon},
    error::CliError,
    exit,
    stats::{
        crates,
        json::{Event, SCHEMA_VERSION},
    },
};
use crate::{
    base::text,
    events::{CutOff, Outcome, UnitEvent},
    ipc::protocol::{Reply, Request},
    ui::sanitize::clean,
};

/// Runs the command.
///
/// # Errors
/// If the daemon cannot answer, or knows no such crate.
pub fn run(ctx: &mut Context, args: &WhyArgs) -> Result<i32, CliError> {
    let mut daemon = daemon::connect(ctx)?;
    answer(ctx, args, &mut daemon)
}

fn answer(ctx: &mut Context, args: &WhyArgs, daemon: &mut dyn Daemon) -> Result<i32, CliError> {
    let crate_name = args.name.replace('-', "_");
    let events = match daemon.ask(&Request::Why { crate_name: crate_name.clone() })? {
        Reply::Why(events) => events,
        _ => return Err(CliError::Misunderstood),
    };
    let latest = latest(&events);
    if latest.is_empty() {
        let known = crates::rows(&daemon.stats()?.crates);
        let meant = text::did_you_mean(&crate_name, known.iter().map(|r| r.name.as_str())).map(str::to_owned);
        return Err(CliError::UnknownCrate { name: args.name.clone(), meant });
    }
    if args.json {
        let units: Vec<Event> = latest.into_iter().map(Event::new).collect();
        let document = serde_json::json!({ "schema_version": SCHEMA_VERSION, "crate": crate_name, "units": units });
        ctx.printer.data(document);
        return Ok(exit::OK);
    }
    let theme = ctx.printer.out_theme();
    for event in latest {
        ctx.printer.data(format_args!("{}: {}", theme.heading(clean(&event.unit)), clean(&in_full(event))));
    }
    Ok(exit::OK)
}

/// The newest event of every unit; `events` come newest first.
fn latest(events: &[UnitEvent]) -> Vec<&UnitEvent> {
    let mut seen: Vec<&UnitEvent> = Vec::new();
    for event in events {
        if seen.iter().all(|s| s.unit != event.unit) {
            seen.push(event);
        }
    }
    seen
}

/// The sentence, and who did the work.
fn in_full(event: &UnitEvent) -> String {
    std::iter::once(sentence(&event.outcome)).chain(event.tools.clauses()).collect::<Vec<_>>().join("; ")
}

fn sentence(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Hit { kind, saved_ms, took_ms, .. } => {
            let saved = text::millis(saved_ms.saturating_sub(*took_ms));
            match kind.sentence().split_once(": ") {
                Some((_, why)) => format!("restored, which saved {saved}: {why}"),
                None => format!("restored, which saved {saved}"),
            }
        }
        Outcome::Miss { reason, cut_off, compile_ms } => {
            format!("compiled in {}: {}{}", text::millis(*compile_ms), reason.sentence(), and_cut_off(cut_off))
        }
        Outcome::Bypass { why } => format!("not cached: {}", why.sentence()),
        Outcome::Seeded { units, .. } => crate::cli::stats::sentence::of_seeding(*units),
    }
}

fn and_cut_off(cut_off: &CutOff) -> String {
    match cut_off {
        CutOff::NotTried => String::new(),
        CutOff::Grafted => "; crates that depend on it need not be compiled again".into(),
        CutOff::Refused(why) => format!("; that could not be seen through: {}", why.sentence()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{context::planted::Planted, daemon::scripted::Scripted, stats::tests::history};

    fn ask(name: &str, json: bool, events: Vec<UnitEvent>) -> (Result<i32, CliError>, Scripted, String) {
        let mut planted = Planted::new(&[]);
        let answers = vec![Reply::Why(events), Reply::Stats(Box::new(history()))];
        let mut daemon = Scripted { answers, ..Scripted::default() };
        let result = answer(&mut planted.ctx, &WhyArgs { name: name.into(), json }, &mut daemon);
        (result, daemon, planted.said.out())
    }

    fn events(name: &str) -> Vec<UnitEvent> {
        history().events.into_iter().filter(|e| e.crate_name == name).collect()
    }

    #[test]
    fn the_newest_of_each_unit_with_its_reason() {
        let (result, daemon, out) = ask("serde-json", false, events("serde_json"));
        assert_eq!(result.expect("known"), exit::OK);
        assert_eq!(daemon.asked, [Request::Why { crate_name: "serde_json".into() }]);
        assert_eq!(out, "serde_json 1.0.1 lib: restored, which saved 3.0 s\n");
        let (_, _, out) = ask("app", false, events("app"));
        assert_eq!(out, "app 0.1.0 bin: compiled in 1.4 s: it was never compiled through this cache before\n");
        let (_, _, out) = ask("asm", false, events("asm"));
        assert_eq!(out, "asm 0.1.0 lib: not cached: `--emit asm` makes files that cargo does not track\n");
    }

    #[test]
    fn an_unknown_crate_gets_a_suggestion() {
        let (result, ..) = ask("serde-jsn", false, Vec::new());
        let error = result.expect_err("unknown");
        assert_eq!(error.hint().as_deref(), Some("did you mean `serde_json`?"));
        assert_eq!(error.exit(), exit::NO);
    }

    #[test]
    fn json_has_a_version() {
        let (_, _, out) = ask("app", true, events("app"));
        let value: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!((&value["schema_version"], &value["units"][0]["reason"]), (&1.into(), &"first-seen".into()));
    }
}
