//! The builds that are going on, for whoever watches one of them: a few counters, and which compilers run.
//!
//! In memory alone, and only of builds that have a name. It must never be waited for; a build that was forgotten, because too many
//! others have begun since, counts from nothing.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use crate::{
    base::{clock::Stopwatch, env::names, sync::lock},
    cargo::layout,
    engine::Prepared,
    events::{Live, Outcome, Running},
};

/// Builds that are remembered.
const BUILDS: usize = 32;

/// All of them.
#[derive(Default)]
pub struct Lives(Arc<Mutex<Vec<Build>>>);

struct Build {
    session: String,
    live: Live,
    /// Compilers by the numbers of their [`Compiling`], and the newest of these.
    running: Vec<(u64, String, Stopwatch)>,
    next: u64,
}

/// A compiler that runs, until it is dropped.
pub struct Compiling {
    builds: Arc<Mutex<Vec<Build>>>,
    session: String,
    number: u64,
}

impl Lives {
    /// The compiler of a unit begins.
    pub fn begin(&self, prepared: &Prepared) -> Option<Compiling> {
        let target = layout::above(&prepared.places.out_dir, prepared.inv.target.as_deref()).map(|(target, _)| target);
        self.begin_unit(&prepared.session, id(prepared), target)
    }

    fn begin_unit(&self, session: &str, id: String, target: Option<PathBuf>) -> Option<Compiling> {
        let number = self.with(session, |build| {
            build.next += 1;
            build.running.push((build.next, id, Stopwatch::start()));
            if let Some(target) = target.filter(|_| build.live.target.is_empty()) {
                build.live.target = target.into();
            }
            build.next
        })?;
        Some(Compiling { builds: self.0.clone(), session: session.to_owned(), number })
    }

    /// A unit that was looked up is done.
    pub fn ended(&self, prepared: &Prepared, outcome: &Outcome) {
        self.with(&prepared.session, |build| build.live.add(Some(id(prepared)), outcome));
    }

    /// Units were put in place.
    pub fn seeded(&self, session: &str, outcome: &Outcome) {
        self.with(session, |build| build.live.add(None, outcome));
    }

    /// How a build is doing.
    pub fn of(&self, session: &str, after: u64) -> Live {
        let builds = lock(&self.0);
        let Some(build) = builds.iter().find(|b| b.session == session) else { return Live::default() };
        let Live { seeded, hits, saved_ms, ended, target, .. } = &build.live;
        let from = usize::try_from(after).unwrap_or(usize::MAX).min(ended.len());
        let running = build.running.iter().map(|(_, id, since)| Running { id: id.clone(), ms: since.millis() }).collect();
        Live { seeded: *seeded, hits: *hits, saved_ms: *saved_ms, running, ended: ended[from..].to_vec(), target: target.clone() }
    }

    /// Nothing for builds that nobody watches.
    fn with<T>(&self, session: &str, change: impl FnOnce(&mut Build) -> T) -> Option<T> {
        if session.is_empty() || session.starts_with(names::IN_BACKGROUND) {
            return None;
        }
        let mut builds = lock(&self.0);
        let at = builds.iter().position(|b| b.session == session).unwrap_or_else(|| {
            if builds.len() >= BUILDS {
                builds.remove(0);
            }
            builds.push(Build { session: session.to_owned(), live: Live::default(), running: Vec::new(), next: 0 });
            builds.len() - 1
        });
        Some(change(&mut builds[at]))
    }
}

impl Drop for Compiling {
    fn drop(&mut self) {
        if let Some(build) = lock(&self.builds).iter_mut().find(|b| b.session == self.session) {
            build.running.retain(|(number, ..)| *number != self.number);
        }
    }
}

/// As [`crate::events::KnownUnit::id`].
fn id(prepared: &Prepared) -> String {
    layout::unit_of_file(Path::new(&format!("{}{}", prepared.inv.crate_name, prepared.inv.extra_filename)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{CutOff, Ended, HitKind, Reason};

    fn hit() -> Outcome {
        Outcome::Hit { kind: HitKind::Exact, saved_ms: 100, took_ms: 10, bytes: 1 }
    }

    #[test]
    fn a_build_is_counted_while_it_runs() {
        let lives = Lives::default();
        let one = lives.begin_unit("s", "one".into(), Some("/t".into())).expect("watched");
        let two = lives.begin_unit("s", "one".into(), None).expect("watched");
        lives.seeded("s", &Outcome::Seeded { units: 4, bytes: 1, took_ms: 1, saved_ms: 31, left_out: Vec::new() });
        lives.with("s", |build| build.live.add(Some("two".into()), &hit()));
        let live = lives.of("s", 0);
        assert_eq!((live.seeded, live.hits, live.saved_ms, live.running.len()), (4, 1, 120, 2));
        assert_eq!(live.target, "/t");
        drop(one);
        let compiled = |cut_off| Outcome::Miss { reason: Reason::FirstSeen, cut_off, compile_ms: 1 };
        lives.with("s", |build| build.live.add(Some("one".into()), &compiled(CutOff::NotTried)));
        lives.with("s", |build| build.live.add(Some("three".into()), &compiled(CutOff::Grafted)));
        let live = lives.of("s", 1);
        let expected = [("one", true), ("three", false)].map(|(id, is_new)| Ended { id: id.into(), is_new });
        assert_eq!((live.running.len(), live.ended.as_slice()), (1, &expected[..]), "those after the first");
        drop(two);
        assert_eq!((lives.of("s", 9).running, lives.of("s", 9).ended), (Vec::new(), Vec::new()));
    }

    #[test]
    fn nobody_watches_what_has_no_name_and_old_builds_are_forgotten() {
        let lives = Lives::default();
        for unwatched in ["", "warmup-x"] {
            assert!(lives.begin_unit(unwatched, "one".into(), None).is_none());
            assert_eq!(lives.of(unwatched, 0), Live::default());
        }
        let first = lives.begin_unit("0", "one".into(), None);
        (1..=BUILDS).for_each(|n| drop(lives.begin_unit(&n.to_string(), "one".into(), None)));
        assert_eq!((lives.of("0", 0), lock(&lives.0).len()), (Live::default(), BUILDS));
        drop(first);
    }
}
