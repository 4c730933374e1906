//! The JSON lines that rustc writes to standard error for cargo: artifact notifications and diagnostics.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use serde_json::Value;

pub mod diagnostic;

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

/// Every file of this machine that a diagnostic points into, as rustc names it: in spans, suggestions, macro calls and macro
/// definitions. Names like `<anon>` and `/rustc/<commit>/…` are of no file and left out.
pub fn files(stderr: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in stderr.split(|b| *b == b'\n').filter(|line| artifact(line).is_none()) {
        let found: Option<Value> = serde_json::from_slice(line).ok();
        spans(&found.unwrap_or_default(), &mut |span| names.extend(local_name(span).map(str::to_owned)));
    }
    names
}

/// The files that a diagnostic points into without showing their text, although they are there (regular files; relative names
/// are taken from `cwd`, the compiler's working directory).
///
/// rustc shows no text of a file of another crate whose content is not what the crate's metadata recorded, so these
/// messages were made from metadata older than the file. What else has no text:
/// - the definition of a desugaring (`for`, `?`, `impl Trait`), which is nowhere: rustc gives it the start of the crate root, no
///   width and no text. It is not named.
/// - a place of no width at the very start of the crate root, such as that of an import to be added there. Named, although
///   not stale: leave out the inputs of the compile, which rustc has read as they are.
/// - files that are gone, and the standard library without its sources. Not named.
///
/// Macro calls, derives, included files, standard input and spans at the end of a file all have text.
pub fn stale_files(line: &[u8], cwd: &Path) -> Vec<PathBuf> {
    // The cheap test first: artifact notifications and nearly all diagnostics end here.
    if memchr::memmem::find(line, b"\"text\":[]").is_none() {
        return Vec::new();
    }
    let mut names = BTreeSet::new();
    let found: Option<Value> = serde_json::from_slice(line).ok();
    spans(&found.unwrap_or_default(), &mut |span| {
        let number = |key| span.get(key).and_then(Value::as_u64).unwrap_or(0);
        let textless = span.get("text").and_then(Value::as_array).is_some_and(Vec::is_empty);
        let nowhere = number("byte_end") == 0 && span.get("is_primary") == Some(&Value::Bool(false));
        if textless && !nowhere && number("line_start") > 0 {
            names.extend(local_name(span).map(PathBuf::from));
        }
    });
    names.into_iter().map(|name| cwd.join(name)).filter(|path| path.is_file()).collect()
}

/// Visits every span in a message, however deep. Lenient on purpose: a field that rustc adds must hide no span.
fn spans<'v>(value: &'v Value, visit: &mut impl FnMut(&'v Value)) {
    match value {
        Value::Object(fields) => {
            if fields.contains_key("file_name") {
                visit(value);
            }
            fields.values().for_each(|inner| spans(inner, visit));
        }
        Value::Array(items) => items.iter().for_each(|inner| spans(inner, visit)),
        _ => {}
    }
}

/// The file that a span is in, if it can be one of this machine.
fn local_name(span: &Value) -> Option<&str> {
    let name = span.get("file_name")?.as_str()?;
    (!name.is_empty() && !name.starts_with('<') && !name.starts_with("/rustc/")).then_some(name)
}

/// An error, as opposed to a warning or a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorLine {
    pub message: String,
    /// `E0308`, or a lint's name.
    pub code: Option<String>,
}

/// The error that a line shows, if it is such a line.
pub fn error(line: &[u8]) -> Option<ErrorLine> {
    // The cheap test first.
    memchr::memmem::find(line, b"\"level\":\"error")?;
    let value: Value = serde_json::from_slice(line).ok()?;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    value["level"].as_str().filter(|level| level.starts_with("error"))?;
    Some(ErrorLine { message: text(&value["message"])?, code: text(&value["code"]["code"]) })
}

/// Level and code of every diagnostic, in order.
pub fn kinds(stderr: &[u8]) -> Vec<(String, Option<String>)> {
    let lines = stderr.split(|b| *b == b'\n').filter(|line| artifact(line).is_none());
    let values = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let text = |value: &Value| value.as_str().map(str::to_owned);
    values.filter_map(|v| Some((text(&v["level"])?, text(&v["code"]["code"])))).collect()
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

    /// What rustc writes for a crate that uses a deprecated function through a macro of `up/a.rs`.
    fn user(dir: &Path) -> Vec<u8> {
        let text = "pub fn f(x: &'static str) { a::mac!(1); for _ in Some(x) {} std::mem::forget(1); todo!(); }\n";
        std::fs::write(dir.join("b.rs"), text).unwrap();
        let arguments =
            "--edition=2021 --crate-type=lib --emit=metadata --error-format=json --json=artifacts --extern=a=liba.rmeta b.rs";
        let output = std::process::Command::new("rustc").args(arguments.split(' ')).current_dir(dir).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stderr
    }

    #[test]
    fn files_and_stale_files() {
        let dir = tempfile::tempdir().unwrap();
        let upstream = dir.path().join("up/a.rs");
        std::fs::create_dir(dir.path().join("up")).unwrap();
        let text = "#[deprecated] pub fn old() {}\n#[macro_export] macro_rules! mac { ($e:expr) => { { let _ = $e; $crate::old() } } }\n";
        std::fs::write(&upstream, text).unwrap();
        let arguments = ["--edition=2021", "--crate-type=lib", "--emit=metadata", "up/a.rs"];
        assert!(std::process::Command::new("rustc").args(arguments).current_dir(dir.path()).status().unwrap().success());

        let stale = |stderr: &[u8]| -> BTreeSet<PathBuf> {
            stderr.split(|b| *b == b'\n').flat_map(|line| stale_files(line, dir.path())).collect()
        };
        let fresh = user(dir.path());
        assert_eq!(files(&fresh), BTreeSet::from(["b.rs".to_owned(), "up/a.rs".to_owned()]));
        assert_eq!(stale(&fresh), BTreeSet::new());
        std::fs::write(&upstream, format!("{text}// x\n")).unwrap();
        let old = user(dir.path());
        assert_eq!(files(&old), files(&fresh));
        assert_eq!(stale(&old), BTreeSet::from([upstream.clone()]));
        // Where the file is gone, there is no truer text to be had.
        std::fs::remove_file(&upstream).unwrap();
        assert_eq!(stale(&user(dir.path())), BTreeSet::new());
        assert_eq!(stale_files(b"{\"$message_type\":\"artifact\"}", dir.path()), Vec::<PathBuf>::new());
    }
}
