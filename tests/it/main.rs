//! End-to-end tests of the real binary on real cargo projects, one file per promise.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod support;

mod damage;
mod disks;
mod hits;
mod kills;
mod stalls;
