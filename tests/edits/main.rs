//! Random edits in bulk: after each, what we built is what plain cargo built.
//!
//! ```console
//! $ cargo test --test edits                                              # a few steps, as part of all tests
//! $ HYPEROPT_EDITS=200:1:all cargo test --test edits -- --nocapture      # 6 × 200 steps of 1 to 3 edits
//! $ HYPEROPT_EDITS=40:1:dev,release:ripgrep cargo test --test edits -- --nocapture
//! ```
//! `HYPEROPT_EDITS` is `steps[:seed[:configurations[:workspace]]]`; steps are counted per configuration. Configurations are
//! those of `config.rs`, separated by commas, or `all`; the workspace is `fixture` (ours) or `ripgrep` (from the crates
//! registry, through cargo, into the user's own cargo home). Each step makes one to three edits, or goes back to an earlier
//! state, builds with plain cargo and with us in two directories, and compares exit status, diagnostics, machine code,
//! data, debug information, relocations, symbols, and what the program says. After one step in four the target directory is
//! removed and the same is built again, with what the cache has put there; after some of the others it is built in another
//! place, or there is nothing to do. A difference ends the configuration, and its directory is kept.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

#[expect(dead_code, reason = "shared with the other tests, which use more of it")]
#[path = "../it/support/mod.rs"]
mod support;

mod config;
mod objects;
mod pair;
mod report;
mod rng;
mod sites;
mod subject;
mod syntax;
mod template;

use std::{collections::BTreeSet, io::Write as _};

use config::Config;
use pair::Pair;
use report::Report;
use rng::Rng;
use subject::Subject;
use support::{Run, edit, exe};
use template::{Edit, State};

const DEFAULT: &str = "10:1:dev,check";
/// So many earlier states are kept to go back to.
const STATES: usize = 30;

/// Once in so many steps it is built in another place, and with nothing to do.
const AGAIN: u64 = 10;
/// After one step in so many, the target directory is removed.
const REMOVED: usize = 4;

/// What was asked for.
struct Budget {
    steps: u64,
    seed: u64,
    configs: Vec<&'static Config>,
    workspace: String,
}

impl Budget {
    fn of(text: &str) -> Self {
        let mut parts = text.split(':');
        let mut part = |default: &str| parts.next().filter(|p| !p.is_empty()).unwrap_or(default).to_owned();
        Self {
            steps: part("10").parse().expect("a number of steps"),
            seed: part("1").parse().expect("a number as seed"),
            configs: config::chosen(&part("dev")),
            workspace: part("fixture"),
        }
    }
}

fn say(text: &str) {
    // Not `println!`: figures are to be seen when the test passes, too.
    std::io::stderr().write_all(text.as_bytes()).expect("written");
}

/// One to three edits, or a way back.
fn change(subject: &Subject, state: &mut State, earlier: &[State], rng: &mut Rng) -> Vec<Edit> {
    if earlier.len() > 1 && rng.one_in(8) {
        let (before, now) = (rng.pick(earlier).expect("some").clone(), state.render());
        let target = before.render();
        let differs = now.iter().filter(|(path, text)| target.get(*path) != Some(text)).map(|(path, _)| path.clone());
        let files = differs.chain(target.keys().filter(|p| !now.contains_key(*p)).cloned()).collect();
        *state = before;
        return vec![Edit { kind: "(return to an earlier state)".into(), files }];
    }
    // Half of the steps have one edit, so that its effect is seen alone.
    let count = if rng.one_in(2) { 1 } else { 1 + rng.below(3) };
    (0..count).map(|_| subject.edit(state, rng)).collect()
}

/// Runs one configuration; an error tells everything that is needed to see it again.
fn run(subject: &Subject, config: &'static Config, budget: &Budget, report: &mut Report) -> Result<(), String> {
    let mut pair = Pair::new(subject, config);
    let number = config::CONFIGS.iter().position(|c| c.name == config.name).unwrap_or_default();
    let mut rng = Rng::new(budget.seed * 1_000 + number as u64);
    // Of its own, so that the edits of a seed are what they were.
    let mut removals = Rng::new(budget.seed * 1_000 + 500 + number as u64);
    let mut state = subject.start.clone();
    let mut earlier = vec![state.clone()];
    pair.write(state.render());
    let mut verdict = pair.build();
    assert!(verdict.error.is_none(), "the workspace does not compile: {:?}", verdict.error);
    stats(&pair);
    let mut edits = Vec::new();
    for step in 0..=budget.steps {
        if !verdict.differences.is_empty() {
            report.wrong += 1;
            report.compared += pair.compared;
            let (diff, kept) = (pair.diff(), pair.keep());
            return Err(format!(
                "{} {}: seed {}, step {step}, edits {edits:?}\nkept: {}\n{}\n{diff}",
                subject.name,
                config.name,
                budget.seed,
                kept.display(),
                verdict.differences.join("\n"),
            ));
        }
        if step == budget.steps {
            break;
        }
        let saved = state.clone();
        edits = change(subject, &mut state, &earlier, &mut rng);
        pair.write(state.render());
        verdict = pair.build();
        let compiles = verdict.error.is_none();
        let crates: BTreeSet<String> = edits.iter().flat_map(|e| &e.files).map(|file| subject.crate_of(file)).collect();
        report.add(&edits, &crates, compiles, &stats(&pair));
        if verdict.differences.is_empty() && compiles {
            if removals.one_in(REMOVED) {
                let kept = removals.one_in(2);
                verdict.differences = pair.check_removed(kept);
                report.add_removed(&stats(&pair));
            }
            verdict.differences.extend(match step % AGAIN {
                2 => pair.check_elsewhere(),
                8 => pair.check_no_op(),
                _ => Vec::new(),
            });
            report.add_again(&stats(&pair));
        }
        report.reverts += u64::from(edits[0].kind.starts_with('('));
        if std::env::var_os("HYPEROPT_EDITS").is_some() {
            let kinds: Vec<&str> = edits.iter().map(|e| e.kind.as_str()).collect();
            let error = verdict.error.as_ref().map(|e| format!(" (does not compile: {e})")).unwrap_or_default();
            say(&format!("{} {step}: {}{error}\n", config.name, kinds.join(", ")));
        }
        if compiles {
            earlier.push(state.clone());
            if earlier.len() > STATES {
                earlier.remove(1);
            }
        } else {
            report.broken += 1;
            state = saved;
        }
    }
    report.compared += pair.compared;
    Ok(())
}

/// Everything that was counted since the last call.
fn stats(pair: &Pair<'_>) -> serde_json::Value {
    let ask = |args: &[&str]| Run::of(pair.sandbox.command(exe(), &pair.sandbox.path("home")).args(args)).success();
    let stats = ask(&["stats", "--detailed", "--json"]).json();
    ask(&["stats", "--reset"]);
    stats
}

#[test]
fn budgets_are_read() {
    let budget = Budget::of("7:3:release,opt1:ripgrep");
    assert_eq!((budget.steps, budget.seed, budget.workspace.as_str()), (7, 3, "ripgrep"));
    assert_eq!(budget.configs.iter().map(|c| c.name).collect::<Vec<_>>(), ["release", "opt1"]);
    assert_eq!(Budget::of("5::all").configs.len(), config::CONFIGS.len());
    assert_eq!(Budget::of(DEFAULT).workspace, "fixture");
}

#[test]
fn no_edit_makes_a_difference() {
    let budget = Budget::of(&std::env::var("HYPEROPT_EDITS").unwrap_or_else(|_| DEFAULT.into()));
    let subject = Subject::named(&budget.workspace);
    let mut failures = Vec::new();
    for config in &budget.configs {
        let mut report = Report::default();
        failures.extend(run(&subject, config, &budget, &mut report).err());
        say(&format!("\n{} {}, seed {}: {report}", subject.name, config.name, budget.seed));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// What this test is for is seen: a directory that was built from other sources than it has.
#[test]
fn a_stale_library_and_a_stale_warning_are_found() {
    let subject = Subject::named("fixture");
    let stale = |config: &str, file: &str, from: &str, to: &str| {
        let mut pair = Pair::new(&subject, config::chosen(config)[0]);
        pair.write(subject.start.render());
        edit(&pair.sandbox.path("plain").join(file), from, to);
        pair.build().differences
    };
    let found = stale("dev", "b/src/lib.rs", "a::never(x) + 1", "a::never(x) + 2");
    assert!(found.iter().any(|d| d.contains("section") && d.contains(".text")), "{found:#?}");
    assert!(found.iter().any(|d| d.starts_with("the program")), "{found:#?}");
    let found = stale("dev", "a/src/lib.rs", "fn secret_step(", "\nfn secret_step(");
    assert!(found.iter().any(|d| d.contains(".debug_line")), "{found:#?}");
    let found = stale("check", "a/src/lib.rs", "// Warnings are", "\n// Warnings are");
    assert!(found.iter().any(|d| d.starts_with("only we said")), "{found:#?}");
}
