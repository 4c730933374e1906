//! Which linker is worth setting, judged from measured links.
//!
//! It must never judge by anything else: where nothing was measured, or what was measured holds no more, there is no advice but to
//! measure.

use crate::{
    config::Linker,
    events::{LinkTimes, LinkerTime},
};

/// A gain that is worth a setting: more than this, in microseconds, …
const WORTH_US: u64 = 50_000;
/// … and more than one part in so many of what it takes now.
const WORTH_PART: u64 = 10;

/// What is known of linkers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Links {
    #[default]
    NotMeasured,
    /// It was, at this time in seconds since 1970, and holds no more because of this.
    OutOfDate(u64, String),
    Measured(LinkTimes),
}

/// What measured links say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// The linker that is used as things are set.
    pub now: &'a LinkerTime,
    /// Another one, if that is faster by so much that it is worth setting.
    pub better: Option<&'a LinkerTime>,
}

/// Judges, with this setting in force; nothing if the linker that is in use could not be measured.
pub fn judge(times: &LinkTimes, set: Linker) -> Option<Judgement<'_>> {
    let usable = || times.linkers.iter().filter(|l| l.unusable.is_none());
    let wanted = || match set {
        Linker::System => None,
        Linker::Auto => usable().find(|l| l.is_auto),
        Linker::Mold | Linker::Lld | Linker::Wild => usable().find(|l| l.setting == set.name()),
    };
    let now = wanted().or_else(|| usable().find(|l| l.setting == Linker::System.name()))?;
    let fastest = usable().min_by_key(|l| l.median_us)?;
    let gain = now.median_us.saturating_sub(fastest.median_us);
    // Not even its fastest run came near: what is left is no accident.
    let apart = now.min_us > fastest.median_us;
    let worth = gain > WORTH_US && gain > now.median_us / WORTH_PART && apart;
    Some(Judgement { now, better: worth.then_some(fastest) })
}

impl Judgement<'_> {
    /// What the better one saves in each build that links the program, in milliseconds.
    pub fn gain_ms(&self) -> u64 {
        self.better.map_or(0, |better| self.now.median_us.saturating_sub(better.median_us) / 1_000)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// Setting, version, milliseconds; runs lie within one part in twenty.
    pub fn times(of: &[(&str, &str, u64)]) -> LinkTimes {
        let one = |(setting, version, ms): &(&str, &str, u64)| LinkerTime {
            setting: (*setting).into(),
            version: (*version).into(),
            median_us: ms * 1_000,
            min_us: ms * 950,
            max_us: ms * 1_050,
            is_auto: *setting == "wild",
            ..LinkerTime::default()
        };
        LinkTimes { unit: "app".into(), program: "app".into(), linkers: of.iter().map(one).collect(), ..LinkTimes::default() }
    }

    fn better(times: &LinkTimes, set: Linker) -> Option<(&str, u64)> {
        let judged = judge(times, set).expect("judged");
        judged.better.map(|b| (b.setting.as_str(), judged.gain_ms()))
    }

    #[test]
    fn only_a_real_gain_is_worth_a_setting() {
        let all = |system, mold| times(&[("system", "GNU ld 2.40", system), ("mold", "mold 2.34", mold)]);
        assert_eq!(better(&all(410, 90), Linker::System), Some(("mold", 320)));
        assert_eq!(better(&all(100, 55), Linker::System), None, "45 ms are nothing");
        assert_eq!(better(&all(2_000, 1_850), Linker::System), None, "7 per cent neither");
        assert_eq!(better(&all(410, 90), Linker::Mold), None, "it is set");
        assert_eq!(better(&all(90, 410), Linker::Mold), Some(("system", 320)));
        let mut near = all(300, 200);
        near.linkers[0].min_us = 150_000;
        assert_eq!(better(&near, Linker::System), None, "one run was faster than the other's median");
    }

    #[test]
    fn what_is_in_use_follows_the_setting_and_what_can_be_used() {
        let mut all = times(&[("system", "LLD 22", 300), ("wild", "Wild 0.10", 100), ("mold", "mold 2", 200)]);
        let now = |times: &LinkTimes, set| judge(times, set).map(|j| j.now.setting.clone());
        assert_eq!(now(&all, Linker::Auto).as_deref(), Some("wild"));
        assert_eq!(now(&all, Linker::Lld).as_deref(), Some("system"), "it is not there");
        all.linkers[1].unusable = Some("broken".into());
        assert_eq!(now(&all, Linker::Wild).as_deref(), Some("system"));
        assert_eq!(better(&all, Linker::System), Some(("mold", 100)), "a broken one is never better");
        all.linkers[0].unusable = Some("broken".into());
        assert_eq!(now(&all, Linker::System), None);
    }
}
