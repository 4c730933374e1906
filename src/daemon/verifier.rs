//! Checking claims: on request, and a sample of them in the background while nothing else happens.
//!
//! It must never delay a build: a check begins only when the daemon has been left alone for a while, and compilers run at
//! the lowest priority. What is waiting when the daemon ends is not checked.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::Duration,
};

use super::state::State;
use crate::{
    base::{clock::wall_nanos, digest::Digest},
    engine::{
        Engine,
        truth::{Verdict, Workshop},
    },
    store::Claim,
};

/// How long nothing must have happened before a check begins.
const PEACE: Duration = Duration::from_secs(3);

/// Checks a claim. A result that is not what was claimed is removed.
pub fn verify(engine: &Engine, claim: &Claim, workshop: &mut Workshop) -> Verdict {
    let verdict = engine.verify_claim_in(claim, workshop);
    if matches!(verdict, Verdict::Different(_)) {
        engine.disown(claim);
    }
    verdict
}

/// All claims, or so many of them at random; in their order.
pub fn some_of(claims: Vec<Claim>, sample: Option<u64>) -> Vec<Claim> {
    let Some(sample) = sample.and_then(|n| usize::try_from(n).ok()).filter(|n| *n < claims.len()) else { return claims };
    let salt = wall_nanos();
    let mut ranks: Vec<(u64, usize)> = claims.iter().enumerate().map(|(n, c)| (chance(c, salt), n)).collect();
    ranks.sort_unstable();
    let mut chosen: Vec<usize> = ranks.into_iter().take(sample).map(|(_, n)| n).collect();
    chosen.sort_unstable();
    claims.into_iter().enumerate().filter(|(n, _)| chosen.binary_search(n).is_ok()).map(|(_, c)| c).collect()
}

/// A number that is as good as random.
fn chance(claim: &Claim, salt: i64) -> u64 {
    let mut first = [0; 8];
    first.copy_from_slice(&Digest::of(&[&claim.action.0[..], &salt.to_le_bytes()].concat()).0[..8]);
    u64::from_le_bytes(first)
}

/// Takes claims for the background.
pub struct Verifier {
    queue: Sender<Claim>,
    share: f64,
    /// Claims being checked or waiting.
    waiting: AtomicU64,
}

impl Verifier {
    /// For this share of the claims; the receiver is for [`start`].
    pub fn new(share: f64) -> (Self, Receiver<Claim>) {
        let (queue, claims) = channel();
        (Self { queue, share, waiting: AtomicU64::new(0) }, claims)
    }

    /// Offers a claim, which is checked if it falls into the share.
    pub fn offer(&self, claim: Claim) {
        if is_in(self.share, chance(&claim, i64::from_ne_bytes(claim.at.to_ne_bytes()))) {
            self.waiting.fetch_add(1, Ordering::AcqRel);
            if self.queue.send(claim).is_err() {
                self.waiting.fetch_sub(1, Ordering::AcqRel);
            }
        }
    }

    /// Something is being checked, or waits for it.
    pub fn is_busy(&self) -> bool {
        self.waiting.load(Ordering::Acquire) > 0
    }
}

fn is_in(share: f64, chance: u64) -> bool {
    (chance as f64) < share * 2f64.powi(64)
}

/// Starts the thread, if anything can come. If none can be had, nothing is checked.
pub fn start(state: Arc<State>, claims: Receiver<Claim>) {
    if state.verifier.share > 0.0 {
        drop(thread::Builder::new().name("verify".into()).spawn(move || work(&state, &claims)));
    }
}

fn work(state: &State, claims: &Receiver<Claim>) {
    while let Ok(claim) = claims.recv() {
        wait_for_peace(state);
        if let Some(Ok(open)) = state.opened() {
            let check = || verify(&open.engine, &claim, &mut Workshop::new(&open.engine));
            if catch_unwind(AssertUnwindSafe(check)).is_err() {
                open.engine.store.trouble("verify-panicked");
            }
        }
        state.verifier.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Returns when nothing has been asked for [`PEACE`].
fn wait_for_peace(state: &State) {
    loop {
        let before = state.activity.load(Ordering::Relaxed);
        thread::sleep(PEACE);
        if state.is_quiet() && state.activity.load(Ordering::Relaxed) == before {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::HitKind;

    fn claim(n: u64) -> Claim {
        Claim {
            unit: String::new(),
            kind: HitKind::Semantic,
            at: n,
            stem: "/t".into(),
            command: Digest::of(b"c"),
            action: Digest::of(&n.to_le_bytes()),
            sources: Digest::of(b"s"),
            cut_off: false,
        }
    }

    #[test]
    fn a_sample_has_the_size_that_was_asked_for_and_keeps_the_order() {
        let all: Vec<Claim> = (0..50).map(claim).collect();
        for (sample, size) in [(None, 50), (Some(0), 0), (Some(7), 7), (Some(50), 50), (Some(99), 50)] {
            let some = some_of(all.clone(), sample);
            assert_eq!(some.len(), size);
            assert!(some.is_sorted_by_key(|c| c.at));
        }
    }

    #[test]
    fn about_the_share_is_taken() {
        for (share, low, high) in [(0.0, 0, 0), (0.25, 150, 350), (1.0, 1000, 1000)] {
            let (verifier, _claims) = Verifier::new(share);
            (0..1000).for_each(|n| verifier.offer(claim(n)));
            let taken = verifier.waiting.load(Ordering::Acquire);
            assert!((low..=high).contains(&taken), "{share}: {taken}");
        }
    }
}
