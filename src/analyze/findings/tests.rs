//! Findings on projects of which every number is known.

use std::collections::BTreeMap;

use crate::{
    analyze::{
        Basis, Finding, Input, Report,
        linkers::{Links, tests::times},
        project::{
            Project,
            tests::{build, compiled, sample, unit},
        },
        tests::{input, report},
    },
    cargo::lockfile,
    config::Linker,
    events::{Deed, KnownUnit, UnitRun},
    ipc::protocol::BuildsReply,
    rustc::WhyNot,
};

fn of<'a>(report: &'a Report, name: &str) -> Vec<&'a Finding> {
    report.findings.iter().filter(|f| f.name == name).collect()
}

fn with(units: Vec<KnownUnit>) -> Input {
    let runs = units.iter().map(|u| compiled(u, 0)).collect();
    let reply = BuildsReply { builds: vec![build("b", runs)], units, targets: Vec::new(), links: None };
    Input { project: Project::of(&reply).expect("something"), ..input() }
}

fn local(unit: KnownUnit) -> KnownUnit {
    KnownUnit { local: true, ..unit }
}

#[test]
fn every_finding_says_what_to_do() {
    let report = report();
    assert!(!report.findings.is_empty());
    for finding in &report.findings {
        assert!(!finding.title.is_empty() && finding.change.len() > 20, "{finding:?}");
    }
    let gains: Vec<u64> = report.findings.iter().map(|f| f.gain.map_or(0, |g| g.ms)).collect();
    assert!(gains.is_sorted_by(|a, b| a >= b), "{gains:?}");
}

#[test]
fn a_package_is_worth_what_the_build_without_it_saves() {
    let report = report();
    let found = of(&report, "dependency");
    assert_eq!(found.len(), 1, "members are no dependencies");
    assert!(found[0].title.starts_with("native 1.0.0 takes 590 ms of work (87 %)"), "{}", found[0].title);
    // Without it, 60 + 25 are left of 625.
    assert_eq!(found[0].gain.map(|g| (g.ms, g.basis)), Some((540, Basis::Simulated)));
    assert!(found[0].change.contains("its build script runs for 500 ms"), "{}", found[0].change);
}

#[test]
fn a_package_is_blamed_on_what_the_project_itself_asks_for() {
    let change = |own: &[&str]| {
        let core = unit("serde-core", "lib", 100, 900, &[]);
        let (serde, json) = (unit("serde", "lib", 10, 20, &["serde-core"]), unit("json", "lib", 10, 20, &["serde"]));
        let app = local(unit("app", "bin", 10, 10, own));
        let report = Report::of(with(vec![core, serde, json, app]));
        let found = of(&report, "dependency").into_iter().find(|f| f.title.starts_with("serde-core")).expect("costs most");
        found.change.clone()
    };
    assert!(
        change(&["!serde-core"]).starts_with("look whether the project can do without it (`cargo tree -i serde-core@1.0.0`)")
    );
    assert!(change(&["!serde"]).starts_with("it comes with serde alone: look whether the project can do without that"));
    assert!(change(&["!json"]).starts_with("it comes with json alone"));
    assert!(change(&["!serde", "!json"]).starts_with("it comes with json, serde: only without all of these"));
}

#[test]
fn the_path_names_the_unit_that_is_worth_most() {
    let report = report();
    let path = of(&report, "critical-path");
    assert!(path[0].title.contains("625 ms of 625 ms (100 %)"), "{}", path[0].title);
    assert!(path[0].change.starts_with("begin with native (running its build script)"), "{}", path[0].change);
    assert_eq!((path[0].gain.map(|g| g.ms), path[0].details.len()), (Some(250), 5));
}

#[test]
fn duplicates_name_who_needs_the_old_one() {
    let mut old = unit("dup", "lib", 100, 300, &[]);
    (old.id, old.version) = ("dup-old".into(), "0.9.0".into());
    let mut new = unit("dup", "lib", 100, 400, &[]);
    new.version = "0.10.0".into();
    let behind = unit("helper", "lib", 50, 50, &[]);
    old.needs = unit("x", "lib", 0, 0, &["helper"]).needs;
    let app = local(unit("app", "bin", 10, 10, &["!dup", "!old-user"]));
    let user = unit("old-user", "lib", 10, 10, &["dup-old"]);
    let package = |name: &str, version: &str, needs: &str| {
        format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\ndependencies = [{needs}]\n")
    };
    let lock = package("app", "0.1.0", "\"dup 0.10.0\", \"old-user\"")
        + &package("dup", "0.9.0", "\"helper\"")
        + &package("dup", "0.10.0", "")
        + &package("dup", "0.1.0", "")
        + &package("helper", "1.0.0", "")
        + &package("old-user", "1.0.0", "\"dup 0.9.0\"");
    let input = Input { locked: lockfile::locked(&lock), jobs: 1, ..with(vec![old, new, behind, app, user]) };
    let report = Report::of(input);
    let found = of(&report, "duplicate");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].title, "dup is compiled as 0.9.0 and 0.10.0: 300 ms of work", "10 is more than 9, 0.1.0 is not built");
    assert_eq!(found[0].details, ["dup 0.9.0 is needed by old-user 1.0.0"]);
    assert_eq!(found[0].gain.map(|g| g.ms), Some(350), "with what only the old one needs");
    assert_eq!(found[0].change, "update old-user 1.0.0 to a version that needs dup 0.10.0");
}

#[test]
fn a_hot_spot_costs_all_that_is_in_front_of_it() {
    let core = local(unit("core-lib", "lib", 100, 200, &[]));
    let a = local(unit("a", "lib", 300, 1_000, &["core-lib"]));
    let b = local(unit("b", "lib", 100, 100, &["core-lib"]));
    let app = local(unit("app", "bin", 50, 50, &["!a", "!b"]));
    let beside = local(unit("beside", "lib", 900, 900, &[]));
    let report = Report::of(Input { jobs: 1, ..with(vec![core, a, b, app, beside]) });
    let spots = of(&report, "hot-spot");
    assert_eq!(
        spots[0].title, "an edit of core-lib that others can see costs 1.4 s (200 ms of its own, then 3 units)",
        "1,350 ms: what lies beside is not compiled"
    );
    // If `a` did not see it: 200 + 100 + 50.
    assert_eq!(spots[0].gain.map(|g| (g.ms, g.per_edit)), Some((1_000, true)));
    assert!(spots[0].change.starts_with("move what a needs of core-lib"), "{}", spots[0].change);
    assert_eq!(spots.len(), 3, "core-lib, a and b; nobody needs what lies beside: {spots:?}");
}

#[test]
fn linking_counts_what_was_recorded() {
    let mut app = local(unit("app", "bin", 400, 400, &[]));
    app.last.link_ms = Some(150);
    let mut other = local(unit("tool", "bin", 400, 400, &[]));
    other.last.link_ms = None;
    let report = Report::of(with(vec![app, other]));
    let found = of(&report, "linking");
    assert_eq!(found[0].title, "linking 1 program takes 150 ms after every edit");
    assert_eq!(found[0].gain.map(|g| (g.ms, g.basis, g.per_edit)), Some((150, Basis::AtMost, true)));
    assert!(found[0].change.starts_with("install wild, lld or mold"), "{}", found[0].change);
    let change = |linker, linkers: &[&'static str]| {
        let mut app = local(unit("app", "bin", 400, 400, &[]));
        app.last.link_ms = Some(150);
        let report = Report::of(Input { linker, linkers: linkers.to_vec(), ..with(vec![app]) });
        of(&report, "linking")[0].change.clone()
    };
    let measure = change(Linker::System, &["lld", "mold"]);
    assert!(measure.starts_with("`rustc-hyperopt analyze --measure-linkers` tells what a link takes with each"), "{measure}");
    assert!(change(Linker::Auto, &[]).starts_with("write less"), "it is set, and nothing is installed");
}

#[test]
fn measured_linkers_decide() {
    let said = |links: Links, linker: Linker| {
        let mut app = local(unit("app", "bin", 400, 400, &[]));
        app.last.link_ms = Some(410);
        let report = Report::of(Input { linker, links, linkers: vec!["mold"], ..with(vec![app]) });
        let one = |name: &str| of(&report, name).first().map(|f| (*f).clone());
        (one("linker"), one("linking").expect("told").change)
    };
    let all = times(&[("system", "GNU ld 2.40", 410), ("mold", "mold 2.34", 90)]);
    let (better, _) = said(Links::Measured(all.clone()), Linker::System);
    let better = better.expect("worth it");
    assert_eq!(better.title, "the link of `app` takes 410 ms with GNU ld 2.40, and 90 ms with mold 2.34");
    assert_eq!(better.gain.map(|g| (g.ms, g.basis, g.per_edit)), Some((320, Basis::Measured, true)));
    assert_eq!(better.apply, Some("linker-mold"));
    let (none, change) = said(Links::Measured(all), Linker::Mold);
    assert!(none.is_none() && change.contains("nothing here is faster by much than mold 2.34"), "{change}");
    let (none, change) = said(Links::OutOfDate(0, "mold 2.34 is gone".into()), Linker::System);
    assert!(none.is_none() && change.contains("holds no more, since mold 2.34 is gone"), "{change}");
}

#[test]
fn debug_information_is_for_the_dev_profile_alone() {
    let units = || {
        let app = local(unit("app", "bin", 10, 10, &["!big"]));
        vec![unit("big", "lib", 1_000, 11_000, &[]), app]
    };
    let report = Report::of(with(units()));
    let found = of(&report, "dependency-debug-info");
    // Of 10 s of machine code.
    assert_eq!(found[0].gain.map(|g| (g.ms, g.basis)), Some((100 * super::SHARE, Basis::Share)));
    assert_eq!(found[0].apply, Some("dependency-debug-info"));
    let none = |input: Input| of(&Report::of(input), "dependency-debug-info").is_empty();
    assert!(none(Input { debug_by_environment: true, ..with(units()) }));
    assert!(none(Input { manifest: "[profile.dev]\ndebug = false\n".into(), ..with(units()) }));
    let released = units().into_iter().map(|u| KnownUnit { place: "release".into(), ..u }).collect();
    assert!(none(with(released)));
}

#[test]
fn refusals_are_told_by_reason() {
    let mut reply = sample();
    let why = WhyNot::Emit("asm".into());
    let run = UnitRun { id: "mid".into(), start: 0, end: 0, deed: Deed::Bypassed(why), spent: None };
    reply.builds[0].units.extend([run.clone(), run]);
    let input = Input { project: Project::of(&reply).expect("something"), ..input() };
    let report = Report::of(input);
    let found = of(&report, "refusal");
    let counted: BTreeMap<&str, Option<u64>> = found.iter().map(|f| (f.title.as_str(), f.gain.map(|g| g.ms))).collect();
    let title = "2 compiles in 1 build were not cached: `--emit asm` makes files that cargo does not track";
    assert_eq!(counted, BTreeMap::from([(title, None)]));
    assert_eq!(found[0].details, ["mid"]);
}
