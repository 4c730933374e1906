//! When a warm-up has to end before it has done everything.
//!
//! It must never make a warm-up push out what is in use: a cache that is nearly full takes nothing more.

use std::time::Duration;

use crate::{
    base::{clock::Stopwatch, text},
    cli::{daemon::Daemon, signals},
    ipc::protocol::{Reply, Request},
};

/// How often the size is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// Why it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Somebody has sent this signal.
    Signal(i32),
    /// The time is over.
    Time,
    /// Somebody builds.
    Wanted,
    /// The cache is large enough, in words.
    Size(String),
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Signal(_) => f.write_str("interrupted"),
            Self::Time => f.write_str("the time is over"),
            Self::Wanted => f.write_str("somebody builds"),
            Self::Size(why) => f.write_str(why),
        }
    }
}

/// What was allowed.
pub struct Limits {
    time: Option<Duration>,
    growth: Option<u64>,
    started: Stopwatch,
    first_size: Option<u64>,
    looked: Option<Stopwatch>,
}

impl Limits {
    /// From now on.
    pub fn new(minutes: Option<f64>, gigabytes: Option<f64>) -> Self {
        Self {
            time: minutes.and_then(|m| Duration::try_from_secs_f64(m * 60.0).ok()),
            growth: gigabytes.map(|g| (g * 1e9) as u64),
            started: Stopwatch::start(),
            first_size: None,
            looked: None,
        }
    }

    /// Whether it has to end now. The size is asked for once in a while, unless `look` says at once.
    pub fn reached(&mut self, daemon: &mut dyn Daemon, look: bool) -> Option<Stop> {
        if let Some(signal) = signals::noticed() {
            return Some(Stop::Signal(signal));
        }
        if self.time.is_some_and(|t| self.started.elapsed() >= t) {
            return Some(Stop::Time);
        }
        if !look && self.looked.is_some_and(|w| w.elapsed() < LOOK) {
            return None;
        }
        self.looked = Some(Stopwatch::start());
        // A daemon that does not answer will be noticed where it is needed.
        let Ok(Reply::Size(size)) = daemon.ask(&Request::Size) else { return None };
        let first = *self.first_size.get_or_insert(size.blob_bytes);
        let grown = size.blob_bytes.saturating_sub(first);
        if self.growth.is_some_and(|most| grown >= most) {
            return Some(Stop::Size(format!("the cache has grown by {}", text::bytes(grown))));
        }
        let (used, most) = (size.blob_bytes + size.index_bytes, size.max_bytes);
        let full = format!("the cache is nearly full ({} of {})", text::bytes(used), text::bytes(most));
        (used > most / 10 * 9).then_some(Stop::Size(full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::daemon::scripted::Scripted, ipc::protocol::SizeReply};

    fn sizes(blob_bytes: &[u64]) -> Scripted {
        let size = |blob_bytes| Reply::Size(SizeReply { blob_bytes, max_bytes: 10_000_000_000, ..SizeReply::default() });
        Scripted { answers: blob_bytes.iter().map(|b| size(*b)).collect(), ..Scripted::default() }
    }

    #[test]
    fn growth_counts_and_not_what_was_there() {
        let mut limits = Limits::new(None, Some(1.0));
        let mut daemon = sizes(&[5_000_000_000, 5_900_000_000, 6_100_000_000]);
        assert_eq!(limits.reached(&mut daemon, true), None);
        assert_eq!(limits.reached(&mut daemon, false), None, "not looked at again so soon");
        assert_eq!(limits.reached(&mut daemon, true), None);
        assert!(matches!(limits.reached(&mut daemon, true), Some(Stop::Size(why)) if why.contains("1.1 GB")));
        assert!(matches!(Limits::new(None, None).reached(&mut sizes(&[9_500_000_000]), true), Some(Stop::Size(_))));
    }

    #[test]
    fn the_time_can_be_over_and_a_silent_daemon_stops_nothing() {
        assert_eq!(Limits::new(Some(1e-9), None).reached(&mut sizes(&[]), true), Some(Stop::Time));
        assert_eq!(Limits::new(Some(60.0), Some(1.0)).reached(&mut sizes(&[]), true), None);
    }
}
