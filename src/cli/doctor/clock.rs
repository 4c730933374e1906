//! Do the clock and the files agree? Cargo compares times: a source from the future is compiled again by every build.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use super::Finding;
use crate::cli::context::Context;

const TOPIC: &str = "clock";
/// File systems round, and clocks of servers differ a little.
const ALLOWED: Duration = Duration::from_secs(3);
/// Files that cargo compares, or writes in every build.
const LOOKED_AT: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
    "src/lib.rs",
    "src/main.rs",
    "target/.rustc_info.json",
    "target/debug/.fingerprint",
    "target/release/.fingerprint",
];

/// All checks of this file.
pub fn all(ctx: &Context, store: Option<&Path>) -> Vec<Finding> {
    let now = SystemTime::now();
    let files = LOOKED_AT.iter().map(|name| ctx.cwd.join(name)).chain(store.map(Path::to_owned));
    let ahead: Vec<(PathBuf, Duration)> = files.filter_map(|file| ahead_of(&file, now).map(|by| (file, by))).collect();
    let Some((file, by)) = ahead.iter().max_by_key(|(_, by)| *by) else {
        return vec![Finding::good(TOPIC, "no file is from the future")];
    };
    let text = format!("{} is {} s from the future: cargo compiles it again and again", file.display(), by.as_secs());
    vec![Finding::fault(TOPIC, text, format!("set the clock (`timedatectl`), or `touch {}`", file.display()))]
}

/// How far a file's time lies in the future, if it does.
fn ahead_of(file: &Path, now: SystemTime) -> Option<Duration> {
    let written = fs::metadata(file).and_then(|m| m.modified()).ok()?;
    written.duration_since(now).ok().filter(|by| *by > ALLOWED)
}
