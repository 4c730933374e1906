//! Crates that bake their checkout's path into the program: another directory has to compile them, and must say why.

use crate::Case;

/// A crate that may not be a hit in another directory.
pub struct Baked {
    subject: &'static str,
    command: &'static str,
    pub crate_name: &'static str,
    /// As `why --json` gives it.
    pub reason: &'static str,
}

const BAKED: [Baked; 2] = [
    // Macros of insta: `env!("CARGO_MANIFEST_DIR")` is where snapshots are looked for.
    Baked { subject: "hyperfine", command: "test", crate_name: "hyperfine", reason: "location-changed" },
    // `env!("CARGO_BIN_EXE_fd")` is the program to be tested.
    Baked { subject: "fd-find", command: "test", crate_name: "tests", reason: "location-changed" },
];

/// Those of a case.
pub fn of(case: &Case) -> Vec<&'static Baked> {
    BAKED.iter().filter(|b| b.subject == case.subject.name && b.command == case.command).collect()
}

impl Baked {
    /// Whether an output in `deps` is this crate's.
    pub fn made(&self, name: &str) -> bool {
        name.strip_prefix(self.crate_name).is_some_and(|rest| rest.starts_with('-'))
    }
}
