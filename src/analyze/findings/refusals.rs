//! Compiles that were not even looked up, by reason, in the builds on record.

use std::collections::{BTreeMap, BTreeSet};

use super::{Context, Finding, names};
use crate::{base::text::count, events::Deed, rustc::WhyNot};

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let project = &context.input.project;
    let mut reasons: BTreeMap<&str, (u64, &WhyNot, BTreeSet<String>)> = BTreeMap::new();
    for run in project.builds.iter().flat_map(|b| &b.units) {
        if let Deed::Bypassed(why) = &run.deed {
            let (times, _, crates) = reasons.entry(why.name()).or_insert((0, why, BTreeSet::new()));
            *times += 1;
            crates.extend(project.place(&run.id).map(|n| context.label(n)));
        }
    }
    let told = |(times, why, crates): (u64, &WhyNot, BTreeSet<String>)| {
        let crates: Vec<String> = crates.into_iter().collect();
        Finding {
            name: "refusal",
            title: format!(
                "{} in {} {} not cached: {}",
                count(times, "compile"),
                count(project.builds.len() as u64, "build"),
                if times == 1 { "was" } else { "were" },
                why.sentence()
            ),
            details: vec![names(&crates, 6)],
            change: remedy(why).into(),
            gain: None,
            apply: None,
        }
    };
    reasons.into_values().map(told).collect()
}

fn remedy(why: &WhyNot) -> &'static str {
    match why {
        WhyNot::Excluded => "take it out of `cache.exclude`, if the reason for that is gone",
        WhyNot::Secret(_) => "let the program read it when it runs, not when it is compiled",
        WhyNot::SideEffect(_) | WhyNot::Emit(_) | WhyNot::UnstableFlag(_) => {
            "keep the flag out of everyday builds: a profile or an alias of its own for it"
        }
        WhyNot::AwkwardPath(_) => "give the directory a name without quotes, backslashes and control characters",
        WhyNot::Linker(_) | WhyNot::Toolchain(_) => "`rustc-hyperopt doctor` looks for the cause",
        WhyNot::Input(_) | WhyNot::ResponseFile(_) => "make the file readable",
        WhyNot::UnknownArgument(_) | WhyNot::CrateType(_) | WhyNot::NotACompile | WhyNot::Disabled => {
            "a newer version of rustc-hyperopt may know it"
        }
    }
}
