//! Messages of the compiler as `cargo --message-format json` hands them on.
//!
//! It must never fail on a field that it does not know, or that is missing: a message that cannot be read is none. The formats
//! are those of <https://doc.rust-lang.org/rustc/json.html> and
//! <https://doc.rust-lang.org/cargo/reference/external-tools.html#compiler-messages>.

use std::path::PathBuf;

use serde::Deserialize;

/// A message about one target of one package.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Report {
    pub package_id: String,
    pub manifest_path: PathBuf,
    pub target: Target,
    pub message: Diagnostic,
    /// Where the compiler ran: what [`Span::file_name`] is relative to. Empty if it is not known.
    #[serde(default)]
    pub cwd: PathBuf,
}

/// What was compiled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Target {
    pub name: String,
    /// `lib`, `bin`, `test`, …
    pub kind: Vec<String>,
    pub src_path: PathBuf,
}

/// One message of rustc with all that belongs to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Diagnostic {
    pub message: String,
    pub code: Option<Code>,
    /// `error`, `warning`, `note`, `help`, …
    pub level: String,
    pub spans: Vec<Span>,
    /// Notes and suggestions.
    pub children: Vec<Diagnostic>,
    /// As rustc would print it; with colours if cargo was asked for them.
    pub rendered: Option<String>,
}

/// `E0308`, or the name of a lint.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Code {
    pub code: String,
    /// What `rustc --explain` prints.
    pub explanation: Option<String>,
}

/// A place in a source.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Span {
    /// Relative to where the compiler ran: for members, the root of the workspace.
    pub file_name: String,
    pub byte_start: usize,
    pub byte_end: usize,
    /// From 1.
    pub line_start: usize,
    pub line_end: usize,
    /// From 1, in characters.
    pub column_start: usize,
    pub column_end: usize,
    pub is_primary: bool,
    pub text: Vec<Line>,
    pub label: Option<String>,
    pub suggested_replacement: Option<String>,
    /// `MachineApplicable`, `MaybeIncorrect`, `HasPlaceholders` or `Unspecified`.
    pub suggestion_applicability: Option<String>,
    pub expansion: Option<Box<Expansion>>,
}

/// A line of a place, as the compiler has read it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Line {
    pub text: String,
    /// From 1, in characters.
    pub highlight_start: usize,
    pub highlight_end: usize,
}

/// The macro that made the code at a place.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Expansion {
    /// Where it was called.
    pub span: Span,
    /// `println!`, `#[derive(Debug)]`, …
    pub macro_decl_name: String,
}

impl Report {
    /// The message in one line of cargo's output, if it is one.
    pub fn read(line: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Reason<'a> {
            reason: &'a str,
        }
        let Ok(Reason { reason: "compiler-message" }) = serde_json::from_str(line) else { return None };
        serde_json::from_str(line).ok()
    }

    /// The package's name, out of whatever cargo identifies it by: `path+file:///w/app#0.1.0`, `…#app@0.1.0`, `app@0.1.0`.
    pub fn package(&self) -> &str {
        let (place, version) = self.package_id.rsplit_once('#').unwrap_or(("", &self.package_id));
        match version.split_once('@') {
            Some((name, _)) => name,
            None => place.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(version),
        }
    }

    /// The file that a place is in.
    pub fn file(&self, span: &Span) -> PathBuf {
        self.cwd.join(&span.file_name)
    }
}

impl Diagnostic {
    /// Whether it keeps the crate from being compiled. The line that only counts errors is no error of its own.
    pub fn is_error(&self) -> bool {
        self.level.starts_with("error") && !(self.code.is_none() && self.spans.is_empty() && self.message.starts_with("aborting"))
    }

    /// Its code, or nothing.
    pub fn code(&self) -> &str {
        self.code.as_ref().map_or("", |c| &c.code)
    }

    /// The place that it is about.
    pub fn primary(&self) -> Option<&Span> {
        self.spans.iter().find(|s| s.is_primary)
    }
}

impl Span {
    /// The code at the place, if it is one piece of one line.
    pub fn source(&self) -> Option<String> {
        let [line] = self.text.as_slice() else { return None };
        let length = line.highlight_end.checked_sub(line.highlight_start).filter(|n| *n > 0)?;
        Some(line.text.chars().skip(line.highlight_start.saturating_sub(1)).take(length).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_messages_of_the_compiler_are_read() {
        let message = r#"{"reason":"compiler-message","package_id":"path+file:///w#p@0.1.0","manifest_path":"/w/Cargo.toml",
            "target":{"kind":["lib"],"crate_types":["lib"],"name":"p","src_path":"/w/src/lib.rs","edition":"2024"},
            "message":{"message":"mismatched types","code":{"code":"E0308","explanation":"x"},"level":"error","children":[],
            "rendered":"error[E0308]…","$message_type":"diagnostic","spans":[{"file_name":"src/lib.rs","byte_start":1,"byte_end":2,
            "line_start":1,"line_end":1,"column_start":2,"column_end":3,"is_primary":true,"text":[],"label":null,
            "suggested_replacement":null,"suggestion_applicability":null,"expansion":null}]}}"#;
        let report = Report::read(&message.replace('\n', "")).expect("a message");
        assert_eq!((report.message.code(), report.message.is_error()), ("E0308", true));
        assert_eq!(report.message.primary().map(|s| (s.line_start, s.column_start)), Some((1, 2)));
        for other in [r#"{"reason":"build-finished","success":false}"#, "", "Hello", r#"{"reason":"compiler-message"}"#] {
            assert_eq!(Report::read(other), None, "{other}");
        }
    }

    #[test]
    fn packages_by_all_their_names() {
        for (id, name) in [
            ("path+file:///w/app#0.1.0", "app"),
            ("path+file:///w/dir#app@0.1.0", "app"),
            ("registry+https://github.com/rust-lang/crates.io-index#serde@1.0.0", "serde"),
            ("app@0.1.0", "app"),
            ("app", "app"),
        ] {
            let line =
                format!(r#"{{"reason":"compiler-message","package_id":"{id}","manifest_path":"","target":{{}},"message":{{}}}}"#);
            assert_eq!(Report::read(&line).expect("a message").package(), name);
        }
    }

    #[test]
    fn the_line_that_counts_errors_is_none() {
        let counting =
            Diagnostic { level: "error".into(), message: "aborting due to 1 previous error".into(), ..Default::default() };
        assert!(!counting.is_error());
        assert!(Diagnostic { message: "linking with `cc` failed".into(), ..counting }.is_error());
    }
}
