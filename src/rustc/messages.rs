//! The JSON lines that rustc writes to standard error for cargo: artifact notifications and diagnostics.

use std::path::PathBuf;

use serde::Deserialize;

/// One `{"$message_type":"artifact",…}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Artifact {
    /// The file as rustc names it: below `--out-dir`.
    pub artifact: PathBuf,
    /// `dep-info`, `metadata`, `link`, …
    pub emit: String,
}

/// The artifact that a line announces, if it is such a line.
pub fn artifact(line: &[u8]) -> Option<Artifact> {
    // The cheap test first: most lines are long diagnostics.
    if !line.starts_with(b"{\"$message_type\":\"artifact\"") {
        return None;
    }
    serde_json::from_slice(line).ok()
}

/// Whether the lines hold anything that is shown to people, that is, anything but artifact notifications.
pub fn has_diagnostics(stderr: &[u8]) -> bool {
    stderr.split(|b| *b == b'\n').any(|line| !line.is_empty() && artifact(line).is_none())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn artifacts_and_diagnostics() {
        let line = br#"{"$message_type":"artifact","artifact":"/t/liba.rmeta","emit":"metadata"}"#;
        assert_eq!(artifact(line), Some(Artifact { artifact: "/t/liba.rmeta".into(), emit: "metadata".into() }));
        assert!(!has_diagnostics(&[line.as_slice(), b"\n"].concat()));
        assert!(has_diagnostics(br#"{"$message_type":"diagnostic","message":"unused"}"#));
        assert!(has_diagnostics(b"plain text\n"));
    }
}
