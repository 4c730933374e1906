//! Features that pull in packages which nothing else needs.

use std::collections::BTreeSet;

use super::{Context, Finding, names};
use crate::{
    analyze::features::{Weighty, weighty},
    base::text::{count, millis},
};

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let Some(metadata) = &context.input.metadata else { return Vec::new() };
    let packages = context.input.project.packages();
    let mut found: Vec<(u64, Finding)> = Vec::new();
    for feature in weighty(metadata) {
        let units: BTreeSet<usize> = feature.packages.iter().filter_map(|p| packages.get(p)).flatten().copied().collect();
        if units.is_empty() {
            continue;
        }
        let (gone, gain) = context.without(&units);
        if context.matters(gain.ms) {
            found.push((gain.ms, told(context, &feature, &gone, gain)));
        }
    }
    found.sort_by_key(|(ms, _)| std::cmp::Reverse(*ms));
    found.into_iter().take(context.input.most).map(|(_, finding)| finding).collect()
}

fn told(context: &Context<'_>, weighty: &Weighty, gone: &BTreeSet<usize>, gain: super::Gain) -> Finding {
    let Weighty { member, dependency, feature, through, packages, manifest } = weighty;
    let manifest = std::path::Path::new(manifest);
    let manifest = manifest.strip_prefix(&context.input.root).unwrap_or(manifest).display();
    let mut listed: Vec<String> = packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
    // Packages that are built twice, for the build itself and for the program, may be needed once only.
    let others: BTreeSet<String> = gone
        .iter()
        .map(|n| &context.input.project.units[*n].known)
        .filter(|known| !packages.contains(&(known.package.clone(), known.version.clone())))
        .map(|known| format!("{} {} once", known.package, known.version))
        .collect();
    listed.extend(others);
    let work = gone.iter().map(|n| context.ms(*n)).sum();
    let change = match through.as_deref() {
        None if feature == "default" => {
            format!("if nothing of it is used: `{dependency} = {{ …, default-features = false }}` in {manifest}")
        }
        None => format!("if it is not used: take `{feature}` out of the features of `{dependency}` in {manifest}"),
        Some("default") => format!(
            "if it is not used: `default-features = false` for `{dependency}` in {manifest}, with the other defaults listed"
        ),
        Some(through) => format!(
            "if it is not used: in {manifest}, list what is wanted of `{dependency}` in place of `{through}`, without `{feature}`"
        ),
    };
    Finding {
        name: "feature",
        title: format!(
            "feature `{feature}` of {dependency}, asked for by {member}, brings {} that nothing else needs: {} of work",
            count(gone.len() as u64, "unit"),
            millis(work)
        ),
        details: vec![names(&listed, 8)],
        change,
        gain: Some(gain),
        apply: None,
    }
}
