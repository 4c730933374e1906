//! What a lookup costs in the daemon: from a recorded invocation to the plan of a hit, for a tree that has not changed.

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark fails by panicking")]

mod recorded;

use std::time::Duration;

use divan::Bencher;
use recorded::Recorded;
use rustc_hyperopt::{
    engine::{Answer, Engine},
    store::{Limits, Store, StoreError},
};

fn main() {
    divan::main();
}

const PAUSE: Duration = Duration::from_millis(5);
const LIMITS: Limits = Limits { max_bytes: 1 << 40, retention_days: 0 };
/// Source files and dependencies.
const SIZES: [(usize, usize); 4] = [(1, 0), (10, 10), (100, 10), (100, 100)];

/// The recorded package and the engine on its store; the daemon has ended, since a store has one owner.
fn engine((files, dependencies): (usize, usize)) -> (Recorded, Engine) {
    let recorded = Recorded::new(files, dependencies);
    recorded.finish();
    for _ in 0..1000 {
        match Store::open(&recorded.store(), LIMITS) {
            Err(StoreError::Busy { .. }) => std::thread::sleep(PAUSE), // bounded wait: for the daemon to let go of it
            opened => return (recorded, Engine::new(opened.expect("opened"))),
        }
    }
    panic!("the daemon does not let go of its store");
}

#[divan::bench(args = SIZES)]
fn key(bencher: Bencher<'_, '_>, size: (usize, usize)) {
    let (recorded, engine) = engine(size);
    bencher.with_inputs(|| recorded.query()).bench_local_values(|query| engine.prepare(query).expect("cacheable").key.key);
}

#[divan::bench(args = SIZES)]
fn key_and_plan(bencher: Bencher<'_, '_>, size: (usize, usize)) {
    let (recorded, engine) = engine(size);
    bencher.with_inputs(|| recorded.query()).bench_local_values(|query| {
        let prepared = engine.prepare(query).expect("cacheable");
        let answer = engine.find(&prepared).expect("cacheable");
        assert!(matches!(answer, Answer::Hit { .. }), "it was recorded");
        answer
    });
}
