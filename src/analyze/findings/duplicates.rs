//! Packages that are compiled in several versions.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Finding, names};
use crate::base::text::millis;

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let units = context.input.project.packages();
    let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for package in &context.input.locked {
        // The lock file also lists what is for other platforms.
        if units.contains_key(&(package.name.clone(), package.version.clone())) {
            versions.entry(&package.name).or_default().push(&package.version);
        }
    }
    let mut found = Vec::new();
    for (name, mut versions) in versions.into_iter().filter(|(_, v)| v.len() > 1) {
        versions.sort_by_key(|v| order(v));
        let Some((newest, older)) = versions.split_last() else { continue };
        let gone: BTreeSet<usize> =
            older.iter().filter_map(|v| units.get(&(name.to_owned(), (*v).to_owned()))).flatten().copied().collect();
        let (_, gain) = context.without(&gone);
        let work: u64 = gone.iter().map(|n| context.ms(*n)).sum();
        let by = |version: &str| {
            let needs = |p: &&crate::cargo::lockfile::Locked| p.needs.iter().any(|(n, v)| n == name && v == version);
            context.input.locked.iter().filter(needs).map(|p| format!("{} {}", p.name, p.version)).collect::<Vec<_>>()
        };
        let details = older.iter().map(|v| format!("{name} {v} is needed by {}", names(&by(v), 4))).collect();
        // A member is not updated, its manifest is.
        let is_member = |package: &&crate::cargo::lockfile::Locked| {
            let key = (package.name.clone(), package.version.clone());
            units.get(&key).is_some_and(|all| all.iter().any(|n| context.input.project.units[*n].known.local))
        };
        let members = context.input.locked.iter().filter(is_member).map(|p| format!("{} {}", p.name, p.version));
        let members: BTreeSet<String> = members.collect();
        let all: BTreeSet<String> = older.iter().flat_map(|v| by(v)).collect();
        let (own, others): (Vec<String>, Vec<String>) = all.into_iter().partition(|p| members.contains(p));
        let own = (!own.is_empty()).then(|| format!("ask for {name} {newest} in the manifest of {}", names(&own, 3)));
        let others =
            (!others.is_empty()).then(|| format!("update {} to a version that needs {name} {newest}", names(&others, 3)));
        let finding = Finding {
            name: "duplicate",
            title: format!("{name} is compiled as {} and {newest}: {} of work", older.join(", "), millis(work)),
            details,
            change: own.into_iter().chain(others).collect::<Vec<_>>().join("; "),
            gain: Some(gain),
            apply: None,
        };
        found.push((work, finding));
    }
    found.sort_by_key(|(work, _)| std::cmp::Reverse(*work));
    found.into_iter().take(context.input.most).map(|(_, finding)| finding).collect()
}

/// Versions by their numbers; what is no number counts as 0.
fn order(version: &str) -> Vec<u64> {
    let numbers = version.split(['+', '-']).next().unwrap_or_default();
    numbers.split('.').map(|n| n.parse().unwrap_or(0)).collect()
}
