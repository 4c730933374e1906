//! From many events one change: it is waited until nothing more comes, but not for ever. Pure; time is told to it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::{Duration, Instant},
};

/// How long nothing must have happened. Editors write a file in several steps within this time.
pub const QUIET: Duration = Duration::from_millis(50);
/// How long events that go on are waited for.
pub const MOST: Duration = Duration::from_millis(500);
/// The same, while the version control system says that it is at work.
pub const MOST_LOCKED: Duration = Duration::from_secs(10);
/// Paths that are kept; that there are more is all that is worth knowing.
const KEPT: usize = 1_000;

/// What has happened since the last change.
#[derive(Debug, Default)]
pub struct Calm {
    times: Option<(Instant, Instant)>,
    /// Somebody was in the middle of it: not before then.
    hold: Option<Instant>,
    /// With those that were made since.
    paths: BTreeMap<PathBuf, bool>,
}

impl Calm {
    /// Something has happened to these paths; whether they are new.
    pub fn add(&mut self, now: Instant, paths: impl IntoIterator<Item = (PathBuf, bool)>) {
        let first = self.times.map_or(now, |(first, _)| first);
        self.times = Some((first, now));
        let room = KEPT.saturating_sub(self.paths.len());
        for (path, is_new) in paths.into_iter().take(room) {
            self.paths.entry(path).or_insert(is_new);
        }
    }

    /// When to look again.
    pub fn due(&self) -> Option<Instant> {
        self.times.map(|(first, last)| (last + QUIET).min(first + MOST).max(self.hold.unwrap_or(first)))
    }

    /// The paths, if it is over. `locked` says whether somebody is known to be in the middle of it.
    pub fn take(&mut self, now: Instant, locked: impl FnOnce() -> bool) -> Option<BTreeSet<PathBuf>> {
        let (first, _) = self.times?;
        if self.due().is_some_and(|due| now < due) {
            return None;
        }
        if now < first + MOST_LOCKED && locked() {
            self.hold = Some(now + QUIET);
            return None;
        }
        (self.times, self.hold) = (None, None);
        // What has come and gone meanwhile was how somebody writes another file.
        let lasts = |(path, is_new): (PathBuf, bool)| (!is_new || path.exists()).then_some(path);
        Some(std::mem::take(&mut self.paths).into_iter().filter_map(lasts).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(name: &str) -> [(PathBuf, bool); 1] {
        [(PathBuf::from(name), false)]
    }

    #[test]
    fn one_change_when_it_is_quiet() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        assert!(calm.due().is_none() && calm.take(start, || false).is_none());
        calm.add(start, path("a"));
        calm.add(start + QUIET / 2, path("b"));
        assert_eq!(calm.take(start + QUIET, || false), None);
        assert_eq!(calm.due(), Some(start + QUIET / 2 + QUIET));
        let taken = calm.take(start + QUIET / 2 + QUIET, || false).expect("quiet");
        assert_eq!(taken.len(), 2);
        assert_eq!((calm.take(start + MOST, || false), calm.due()), (None, None));
    }

    #[test]
    fn events_without_end_are_not_waited_for() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        let step = QUIET / 2;
        let mut now = start;
        while now < start + MOST {
            assert_eq!(calm.take(now, || false), None);
            calm.add(now, path("a"));
            now += step;
        }
        assert!(calm.due().expect("something happened") <= now);
        assert!(calm.take(now, || false).is_some());
    }

    #[test]
    fn what_comes_and_goes_meanwhile_is_no_change() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        let here = std::env::current_dir().expect("a directory");
        calm.add(start, [("gone".into(), true), ("removed".into(), false), (here.clone(), true)]);
        calm.add(start, [("gone".into(), false)]);
        assert_eq!(calm.take(start + QUIET, || false), Some([here, "removed".into()].into()));
    }

    #[test]
    fn a_checkout_is_waited_for_and_not_for_ever() {
        let (mut calm, start) = (Calm::default(), Instant::now());
        calm.add(start, path("a"));
        assert_eq!(calm.take(start + MOST, || true), None);
        assert!(calm.due().expect("goes on") > start + MOST);
        assert!(calm.take(start + MOST + QUIET, || false).is_some());
        calm.add(start, path("a"));
        assert!(calm.take(start + MOST_LOCKED, || true).is_some());
    }
}
