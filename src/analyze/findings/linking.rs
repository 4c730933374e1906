//! Linking programs, as far as the linker's time was recorded. That of procedural macros and build scripts is part of their
//! compile.

use super::{Basis, Context, Finding, Gain, percent};
use crate::{
    analyze::Input,
    base::text::{count, millis},
    config::Linker,
};

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    let units = &context.input.project.units;
    let mut links: Vec<(u64, u64, usize)> =
        (0..units.len()).filter_map(|n| units[n].known.last.link_ms.map(|ms| (ms, units[n].known.last.wall_ms, n))).collect();
    links.sort_unstable_by(|a, b| b.cmp(a));
    let total: u64 = links.iter().map(|(ms, ..)| ms).sum();
    if total < super::WORTH {
        return Vec::new();
    }
    let one = |(ms, of, n): &(u64, u64, usize)| {
        format!("{} of {} in {} ({})", millis(*ms), millis(*of), context.label(*n), percent(*ms, *of))
    };
    vec![Finding {
        name: "linking",
        title: format!("linking {} takes {} after every edit", count(links.len() as u64, "program"), millis(total)),
        details: links.iter().take(context.input.most).map(one).collect(),
        change: change(context.input),
        gain: Some(Gain { ms: total, basis: Basis::AtMost, per_edit: true }),
        apply: None,
    }]
}

fn change(input: &Input) -> String {
    let less = "write less debug information for dependencies, which the linker copies";
    if input.linker != Linker::System {
        return less.to_owned();
    }
    let set = "set `linker = \"auto\"` under `[performance]` of this program's configuration";
    match &input.linkers[..] {
        [] => format!("install wild, lld or mold, and {set}; or {less}"),
        some => format!("{set} (here it takes {}) and see what the next link takes; or {less}", some[0]),
    }
}
