//! End-to-end tests of the real binary on real cargo projects, one file per promise.

mod support;

mod hits;
