//! Holding back what cargo waits for: as long as it has not been told that a crate has metadata, it starts no dependent.
//!
//! Only artifact notifications are held; diagnostics pass at once. Whatever is held is given out before the process ends.

use std::path::Path;

use crate::{ipc::protocol::Hold, rustc::messages};

/// Notifications that are held back.
pub struct Waiting {
    hold: Hold,
    lines: Vec<u8>,
}

impl Waiting {
    /// Nothing yet.
    pub fn new(hold: Hold) -> Self {
        Self { hold, lines: Vec::new() }
    }

    /// Whether the line is kept; `ask` says whether the metadata at a path is worth waiting for.
    pub fn takes(&mut self, line: &[u8], ask: impl FnOnce(&Path) -> bool) -> bool {
        if self.hold == Hold::No {
            return false;
        }
        let Some(artifact) = messages::artifact(line) else { return false };
        if self.hold == Hold::UntilMetadata && artifact.emit == "metadata" {
            self.hold = if ask(&artifact.artifact) { Hold::UntilEnd } else { Hold::No };
        }
        // Dependents are started by the metadata; what comes before it need not wait.
        let keep = self.hold == Hold::UntilEnd && (artifact.emit == "metadata" || !self.lines.is_empty());
        if keep {
            self.lines.extend_from_slice(line);
        }
        keep
    }

    /// There is something that cargo has not been told.
    pub fn holds_back(&self) -> bool {
        !self.lines.is_empty()
    }

    /// What was held.
    pub fn release(self) -> Vec<u8> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(emit: &str) -> String {
        format!("{{\"$message_type\":\"artifact\",\"artifact\":\"/t/liba.{emit}\",\"emit\":\"{emit}\"}}\n")
    }

    fn run(hold: Hold, worth: bool, lines: &[&str]) -> (String, String) {
        let (mut waiting, mut out) = (Waiting::new(hold), String::new());
        for line in lines {
            if !waiting.takes(line.as_bytes(), |_| worth) {
                out.push_str(line);
            }
        }
        (out, String::from_utf8(waiting.release()).expect("text"))
    }

    #[test]
    fn from_the_metadata_on_notifications_wait() {
        let [info, meta, link] = ["dep-info", "metadata", "link"].map(line);
        let all = [info.as_str(), &meta, "{\"$message_type\":\"diagnostic\"}\n", &link, "rest"];
        let everything = all.concat();
        assert_eq!(run(Hold::No, true, &all), (everything.clone(), String::new()));
        assert_eq!(run(Hold::UntilMetadata, false, &all), (everything, String::new()));
        let waits = (format!("{info}{{\"$message_type\":\"diagnostic\"}}\nrest"), format!("{meta}{link}"));
        assert_eq!(run(Hold::UntilEnd, false, &all), waits);
        assert_eq!(run(Hold::UntilMetadata, true, &all), waits);
    }
}
