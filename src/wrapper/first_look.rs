//! Cargo's first look at a compiler, which comes before its first look at a fresh target directory: the moment to put
//! units there if cargo was started without us.
//!
//! The work is done by another process of this program, since it needs cargo's settings. It must never take longer than a
//! moment, and what it does not manage cargo compiles.

use std::{
    ffi::OsString,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use crate::base::{clock::Stopwatch, personality::SEED};

/// How long cargo may be kept waiting.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(2);

/// What cargo asks in a target directory without `.rustc_info.json` (source: cargo's `build_context/target_info.rs`).
pub fn is_one(args: &[OsString]) -> bool {
    let has = |word: &str| args.iter().any(|a| a == word);
    args.first().is_some_and(|a| a == "-") && has("___") && has("--print=file-names")
}

/// Has the target directory prepared for the cargo that has started this process.
pub fn prepare(exe: &Path) {
    let cargo = std::os::unix::process::parent_id().to_string();
    let mut command = Command::new(exe);
    command.args([SEED, &cargo]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return };
    let watch = Stopwatch::start();
    while matches!(child.try_wait(), Ok(None)) {
        if watch.elapsed() > PATIENCE {
            drop(child.kill());
            drop(child.wait());
            return;
        }
        thread::sleep(LOOK);
    }
}
