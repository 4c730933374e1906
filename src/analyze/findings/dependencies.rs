//! The packages that cost most, each with who needs it and what would go with it.

use std::collections::BTreeSet;

use super::{Context, Finding, names, percent};
use crate::base::text::millis;

/// Dependencies that are told, at most.
const MOST: usize = 5;
/// Words in the name of a feature that builds a foreign library from source.
const BUNDLED: [&str; 3] = ["bundled", "vendored", "static"];
/// Words in the name of one that uses a library of the system.
const SYSTEM: [&str; 3] = ["system", "pkg-config", "dynamic"];

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let project = &context.input.project;
    let mut packages: Vec<_> = project
        .packages()
        .into_iter()
        .filter(|(_, units)| !units.iter().any(|n| project.units[*n].known.local))
        .map(|(package, units)| (units.iter().map(|n| context.ms(*n)).sum::<u64>(), package, units))
        .collect();
    packages.sort_by_key(|(ms, package, _)| (std::cmp::Reverse(*ms), package.clone()));
    let costly = packages.into_iter().take(context.input.most.min(MOST)).filter(|(ms, ..)| context.matters(*ms));
    costly.map(|(ms, (name, version), units)| one(context, ms, &name, &version, &units)).collect()
}

fn one(context: &Context<'_>, ms: u64, name: &str, version: &str, units: &BTreeSet<usize>) -> Finding {
    let project = &context.input.project;
    let share = percent(ms, context.scratch.work_ms);
    let mut parts: Vec<usize> = units.iter().copied().collect();
    parts.sort_by_key(|n| std::cmp::Reverse(context.ms(*n)));
    let mut details: Vec<String> = parts.iter().map(|n| format!("{} {}", millis(context.ms(*n)), context.label(*n))).collect();
    let needed: BTreeSet<String> = project
        .graph
        .dependents()
        .iter()
        .enumerate()
        .filter(|(n, _)| units.contains(n))
        .flat_map(|(_, by)| by)
        .filter(|by| !units.contains(by))
        .map(|by| project.units[*by].known.package.clone())
        .collect();
    let needed: Vec<String> = needed.into_iter().collect();
    details.push(format!("needed by {}", names(&needed, 4)));
    let (gone, gain) = context.without(units);
    let others: BTreeSet<String> =
        gone.iter().map(|n| project.units[*n].known.package.clone()).filter(|package| package != name).collect();
    let others: Vec<String> = others.into_iter().collect();
    if !others.is_empty() {
        details.push(format!("without it these would not be needed either: {}", names(&others, 6)));
    }
    let running = units.iter().filter(|n| project.units[**n].known.kind == "run").map(|n| context.ms(*n)).sum::<u64>();
    let change = match running * 2 > ms {
        true => script(context, name, version, running),
        false => format!("{}; the gain is that of a build without it", asked_for(context, name, version, units)),
    };
    Finding {
        name: "dependency",
        title: format!("{name} {version} takes {} of work ({share})", millis(ms)),
        details,
        change,
        gain: Some(gain),
        apply: None,
    }
}

/// By which of the project's own dependencies a package comes in: crates that were split into several (`serde_core` of
/// `serde`) need each other whatever the project does.
fn asked_for(context: &Context<'_>, name: &str, version: &str, units: &BTreeSet<usize>) -> String {
    let project = &context.input.project;
    let graph = &project.graph;
    // What a member needs itself, among what leads to the package.
    let mut leads = vec![false; project.units.len()];
    let mut own: BTreeSet<&str> = BTreeSet::new();
    for &unit in graph.order() {
        leads[unit] = units.contains(&unit) || graph.needs(unit).iter().any(|edge| leads[edge.to]);
        if project.units[unit].known.local {
            let needs = graph.needs(unit).iter().map(|edge| edge.to).filter(|to| leads[*to]);
            own.extend(needs.map(|to| &project.units[to].known).filter(|known| !known.local).map(|known| known.package.as_str()));
        }
    }
    let tree = format!("`cargo tree -i {name}@{version}`");
    let listed: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
    match own.iter().next() {
        Some(one) if own.len() == 1 && *one != name => {
            format!("it comes with {one} alone: look whether the project can do without that, or that without {name} ({tree})")
        }
        Some(_) if own.len() > 1 => {
            format!("it comes with {}: only without all of these is it not needed ({tree})", names(&listed, 4))
        }
        _ => format!("look whether the project can do without it ({tree})"),
    }
}

/// What to do about a package that spends its time in its build script.
fn script(context: &Context<'_>, name: &str, version: &str, running: u64) -> String {
    let took = millis(running);
    let metadata = context.input.metadata.as_ref();
    let package = metadata.and_then(|m| m.packages.iter().find(|p| p.name == name && p.version == version).map(|p| (m, p)));
    let Some((metadata, package)) = package else {
        return format!("its build script runs for {took}: look in its documentation for a way to use a library of the system");
    };
    let on = metadata.enabled(&package.id);
    let has = |words: &[&str], feature: &str| words.iter().any(|w| feature.contains(w));
    let bundled = on.iter().find(|f| has(&BUNDLED, f));
    let system = package.features.keys().find(|f| !on.contains(f) && has(&SYSTEM, f));
    match (bundled, system) {
        (Some(feature), _) => format!(
            "its build script runs for {took} and its feature `{feature}` is on: without it, it looks for a library of the system"
        ),
        (None, Some(feature)) => {
            format!("its build script runs for {took}: its feature `{feature}` may make it use a library of the system")
        }
        (None, None) => format!(
            "its build script runs for {took} and has no feature to avoid that: a dependency that does without it would (`cargo tree -i {name}@{version}`)"
        ),
    }
}
