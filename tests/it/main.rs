//! End-to-end tests of the real binary on real cargo projects, one file per promise.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod support;

mod advise;
mod analyze;
mod bar;
mod bench;
mod concurrency;
mod contents;
mod damage;
mod disks;
mod drift;
mod everyday;
mod failures;
mod fix;
mod debugging;
mod hits;
mod meaning;
mod keys;
mod messages;
mod mixing;
#[cfg(feature = "metrics")]
mod observer;
mod places;
mod relink;
mod relocation;
mod kills;
mod linkers;
mod measured_linkers;
#[cfg(feature = "llm")]
mod llm;
#[cfg(feature = "llm")]
mod prompt;
mod protocol;
mod seeding;
mod shells;
mod space;
mod stalls;
mod states;
mod stats;
mod truth;
mod verify;
mod warmup;
mod watch;
