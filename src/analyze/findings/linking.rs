//! Linking programs, as far as the linker's time was recorded. That of procedural macros and build scripts is part of their
//! compile.

use super::{Basis, Context, Finding, Gain, percent};
use crate::{
    analyze::{
        Input,
        linkers::{Judgement, Links, judge},
        remedy::Remedy,
    },
    base::{
        clock,
        text::{count, millis},
    },
    config::Linker,
    events::{LinkTimes, LinkerTime},
};

/// What measures linkers.
const MEASURE: &str = "`rustc-hyperopt analyze --measure-linkers`";
const LESS: &str = "write less debug information for dependencies, which the linker copies";

pub fn find(context: &Context<'_>) -> Vec<Finding> {
    all_links(context).into_iter().chain(better(context.input)).collect()
}

fn all_links(context: &Context<'_>) -> Option<Finding> {
    let units = &context.input.project.units;
    let mut links: Vec<(u64, u64, usize)> =
        (0..units.len()).filter_map(|n| units[n].known.last.link_ms.map(|ms| (ms, units[n].known.last.wall_ms, n))).collect();
    links.sort_unstable_by(|a, b| b.cmp(a));
    let total: u64 = links.iter().map(|(ms, ..)| ms).sum();
    if total < super::WORTH {
        return None;
    }
    let one = |(ms, of, n): &(u64, u64, usize)| {
        format!("{} of {} in {} ({})", millis(*ms), millis(*of), context.label(*n), percent(*ms, *of))
    };
    Some(Finding {
        name: "linking",
        title: format!("linking {} takes {} after every edit", count(links.len() as u64, "program"), millis(total)),
        details: links.iter().take(context.input.most).map(one).collect(),
        change: change(context.input),
        gain: Some(Gain { ms: total, basis: Basis::AtMost, per_edit: true }),
        apply: None,
    })
}

fn change(input: &Input) -> String {
    match &input.links {
        Links::Measured(times) => match judge(times, input.linker) {
            Some(Judgement { better: None, now }) => {
                let place = if times.linkers.len() > 1 { "nothing here is faster by much than" } else { "nothing is here but" };
                format!("{LESS} ({place} {}, {})", now.version, measured(times))
            }
            _ => LESS.to_owned(),
        },
        Links::OutOfDate(at, why) => {
            format!("{MEASURE}: what was measured on {} holds no more, since {why}; or {LESS}", clock::date(*at))
        }
        Links::NotMeasured => match &input.linkers[..] {
            [] if input.linker == Linker::System => format!("install wild, lld or mold, and let {MEASURE} compare; or {LESS}"),
            [] => LESS.to_owned(),
            _ => format!("{MEASURE} tells what a link takes with each linker that is here; or {LESS}"),
        },
    }
}

/// Another linker that is worth setting, by what was measured.
fn better(input: &Input) -> Option<Finding> {
    let Links::Measured(times) = &input.links else { return None };
    let judged = judge(times, input.linker)?;
    let better = judged.better?;
    let took = |l: &LinkerTime| format!("{} with {}", millis(l.median_us / 1_000), l.version);
    let unusable = |l: &LinkerTime| l.unusable.as_ref().map(|why| format!("`{}` cannot be used here: {why}", l.setting));
    let mut details = vec![measured(times), "every program that is linked has its share of the gain".to_owned()];
    details.extend(times.linkers.iter().filter_map(unusable));
    let remedy = Remedy::of_linker(&better.setting)?;
    Some(Finding {
        name: "linker",
        title: format!("the link of `{}` takes {}, and {}", times.program, took(judged.now), took(better)),
        details,
        change: format!("`{}` in this program's configuration of yours", remedy.summary()),
        gain: Some(Gain { ms: judged.gain_ms(), basis: Basis::Measured, per_edit: true }),
        apply: Some(remedy.name()),
    })
}

fn measured(times: &LinkTimes) -> String {
    format!("measured on {} by linking `{}`", clock::date(times.at), times.program)
}
