//! `events.jsonl` in the cache's directory: one line for every unit, for whoever wants to know more than statistics keep.
//!
//! A line is an object with `version` (1), `at` (seconds since 1970), `session` (the build), `crate_name`, `unit`, `outcome` and
//! `tools`, as `stats --json` shows events. Readable by the user alone. It must never fill a disk: from [`MOST`] bytes on, the file
//! becomes `events.1.jsonl`, in place of the one before.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::Serialize;

use crate::events::UnitEvent;

const VERSION: u32 = 1;
/// About 40,000 units.
const MOST: u64 = 16_000_000;

#[derive(Serialize)]
struct Line<'a> {
    version: u32,
    #[serde(flatten)]
    event: &'a UnitEvent,
}

/// Where lines are written.
pub struct Log {
    path: PathBuf,
    most: u64,
    open: Option<(File, u64)>,
}

impl Log {
    /// Nothing is opened before there is something to write.
    pub fn new(store: &Path) -> Self {
        Self { path: store.join("events.jsonl"), most: MOST, open: None }
    }

    /// Adds a line, whole or not at all.
    ///
    /// # Errors
    /// If it cannot be written; the next one is tried with the file opened anew.
    pub fn write(&mut self, event: &UnitEvent) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line { version: VERSION, event })?;
        line.push(b'\n');
        let (mut file, length) = match self.open.take() {
            Some(open) => open,
            None => {
                let file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
                let length = file.metadata()?.len();
                (file, length)
            }
        };
        file.write_all(&line)?;
        let length = length + line.len() as u64;
        if length >= self.most {
            std::fs::rename(&self.path, self.path.with_extension("1.jsonl"))?;
        } else {
            self.open = Some((file, length));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::{
        events::{Outcome, Tools},
        rustc::WhyNot,
    };

    #[test]
    fn lines_are_json_and_old_ones_make_room() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let mut log = Log { most: 500, ..Log::new(dir.path()) };
        let event = |crate_name: &str| UnitEvent {
            at: 7,
            session: "s".into(),
            crate_name: crate_name.into(),
            unit: "u 1.0 lib".into(),
            outcome: Outcome::Bypass { why: WhyNot::Emit("a\nb".into()) },
            tools: Tools::default(),
        };
        let lines = |name: &str| std::fs::read_to_string(dir.path().join(name)).map_or(0, |text| text.lines().count());
        log.write(&event("a")).expect("written");
        let text = std::fs::read_to_string(dir.path().join("events.jsonl")).expect("a file");
        let value: serde_json::Value = serde_json::from_str(&text).expect("one line of JSON");
        assert_eq!((&value["version"], &value["crate_name"], &value["at"]), (&1.into(), &"a".into(), &7.into()));
        assert_eq!(value["outcome"]["bypass"]["why"]["emit"], "a\nb");
        let mode = dir.path().join("events.jsonl").metadata().expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        while lines("events.1.jsonl") == 0 {
            log.write(&event("b")).expect("written");
        }
        assert_eq!(lines("events.jsonl"), 0);
        log.write(&event("c")).expect("written");
        assert_eq!(lines("events.jsonl"), 1);
    }
}
