//! Our exit codes. Cargo's own code (or the signal that ended it) is passed on as it is.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done; nothing to complain about |
//! | 1 | done, and the answer is "no": `cache verify` found damage, `stats --verify` found a wrong result, `doctor` found a fault, `why` knows no such crate, `init --check` found no wrapper, `init` refused, `analyze` has nothing on record or could not change a file, `warmup` could not build what was asked for, `bench` has figures that are not valid |
//! | 2 | could not be done: wrong usage, a configuration that cannot be read, a daemon that cannot be reached |
//! | 127 | cargo is not found |

/// Done.
pub const OK: i32 = 0;
/// Done, and the answer is "no".
pub const NO: i32 = 1;
/// Could not be done.
pub const FAILED: i32 = 2;
/// Cargo is not found, as shells say it.
pub const NO_CARGO: i32 = 127;
