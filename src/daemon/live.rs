//! The builds that are going on, for whoever watches one of them: a few counters, and which compilers run.
//!
//! In memory alone, and only of builds that have a name. It must never be waited for; a build that was forgotten, because too many
//! others have begun since, counts from nothing.

use std::{
    path::Path,
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
    /// Compilers by the numbers of their [`Compiling`].
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
        let number = self.with(&prepared.session, |build| {
            let number = build.next;
            build.next += 1;
            build.running.push((number, id(prepared), Stopwatch::start()));
            if build.live.target.is_empty()
                && let Some((target, _)) = layout::above(&prepared.places.out_dir, prepared.inv.target.as_deref())
            {
                build.live.target = target.into();
            }
            number
        })?;
        Some(Compiling { builds: self.0.clone(), session: prepared.session.clone(), number })
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
