//! Single flight: of several equal compiles asked for at once, one runs and the others wait for its result.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::sync::watch;

use crate::base::{digest::Digest, sync::lock};

#[derive(Default)]
struct Air {
    running: HashMap<Digest, watch::Receiver<()>>,
    landings: u64,
}

type Running = Arc<Mutex<Air>>;

/// Compiles that are running or being stored.
#[derive(Default)]
pub struct Flights(Running);

/// The right to compile. Dropped when the result is stored, or when there will be none; the others look again then.
pub struct Leader {
    running: Running,
    key: Digest,
    _landed: watch::Sender<()>,
}

/// Which side of a flight a lookup is on.
pub enum Seat {
    Leader(Leader),
    /// Ends when the leader is gone.
    Follower(watch::Receiver<()>),
}

impl Flights {
    /// Joins the flight, or starts it.
    pub fn join(&self, key: Digest) -> Seat {
        let running = &mut lock(&self.0).running;
        if let Some(landed) = running.get(&key) {
            return Seat::Follower(landed.clone());
        }
        let (sender, receiver) = watch::channel(());
        running.insert(key, receiver);
        Seat::Leader(Leader { running: self.0.clone(), key, _landed: sender })
    }

    /// How many are in the air.
    pub fn count(&self) -> u64 {
        lock(&self.0).running.len() as u64
    }

    /// How many have landed so far. A leader that sees another number than before its lookup has to look again: the same
    /// flight may have landed in between.
    pub fn landings(&self) -> u64 {
        lock(&self.0).landings
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        let mut air = lock(&self.running);
        air.running.remove(&self.key);
        air.landings += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_leads_and_the_others_wait_for_it() {
        let flights = Flights::default();
        let key = Digest::of(b"x");
        let Seat::Leader(leader) = flights.join(key) else { panic!("the first leads") };
        let Seat::Follower(mut landed) = flights.join(key) else { panic!("the second follows") };
        assert!(matches!(flights.join(Digest::of(b"y")), Seat::Leader(_)), "another compile");
        assert!(landed.has_changed().is_ok(), "still in the air");
        assert_eq!((flights.count(), flights.landings()), (1, 1), "the other one has landed");
        drop(leader);
        assert_eq!((flights.count(), flights.landings()), (0, 2));
        assert!(landed.changed().await.is_err(), "landed");
        assert!(matches!(flights.join(key), Seat::Leader(_)), "a new flight");
    }
}
