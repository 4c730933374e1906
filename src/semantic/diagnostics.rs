//! Stored messages of the compiler, made true for sources that have changed in nothing but comments and layout.
//!
//! The result is what rustc would print for the new sources, byte for byte, or a refusal: whatever is not proved by the
//! texts at hand is [`Unmappable`], which costs a compile and never shows a wrong line. It must never guess, never open a
//! file, and never decide whether the sources mean the same: the caller knows that, and says which old line is which new one.
//!
//! What stays unproved: that rustc reports the same diagnostics. It does as long as no lint looks at comments or layout beyond
//! the lines that its message shows, which is why only lints that were tried are moved.

use std::collections::BTreeMap;

use crate::rustc::messages::{self, diagnostic};

mod lints;
mod rendered;
mod source;
mod spans;

use source::Files;

/// A file that differs from what the stored messages were made from.
#[derive(Clone, Copy)]
pub struct Moved<'a> {
    pub new_text: &'a str,
    /// The new number of an old line (from 1): where the tokens that start on the old line now stand. `None` for lines that
    /// cannot be mapped, such as those without tokens.
    pub line: &'a dyn Fn(u32) -> Option<u32>,
}

/// Why stored messages cannot be made true for the new sources without compiling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unmappable {
    #[error("a line of the compiler's messages is of no known form")]
    Form,
    #[error("{file}: line {line} has no counterpart in the new text")]
    Line { file: String, line: u32 },
    #[error("{file}: line {line} is shown and has another text now")]
    Text { file: String, line: u32 },
    #[error("{file}: a message points into it without showing its text")]
    NoText { file: String },
    #[error("{file}: lines around {line} that one message shows have moved by different amounts")]
    Uneven { file: String, line: u32 },
    #[error("messages of `{0}` may depend on text that they do not show")]
    Lint(String),
    #[error("a message names a position in its text: {0}")]
    Position(String),
    #[error("the line numbers of a message have become wider or narrower")]
    Gutter,
    #[error("the shown form of a message is not understood: {0}")]
    Layout(String),
}

/// The messages in `stderr`, as rustc would print them for the new sources.
///
/// `stderr` is what rustc wrote for cargo: a line of JSON for each message, with the real paths of this build. `moved` is asked
/// for every file name in the spans, exactly as it stands there; files for which it gives `None` are unchanged.
///
/// # Errors
/// [`Unmappable`] if that cannot be known.
pub fn retarget<'a>(stderr: &[u8], moved: &dyn Fn(&str) -> Option<Moved<'a>>) -> Result<Vec<u8>, Unmappable> {
    let mut files = Files::new(moved);
    let mut out = Vec::with_capacity(stderr.len() + 64);
    for line in stderr.split_inclusive(|b| *b == b'\n') {
        let (text, end) = line.strip_suffix(b"\n").map_or((line, &b""[..]), |text| (text, b"\n"));
        if text.is_empty() || messages::artifact(text).is_some() {
            out.extend_from_slice(text);
        } else {
            out.extend(message(text, &mut files)?);
        }
        out.extend_from_slice(end);
    }
    Ok(out)
}

/// One line that is not an artifact notification.
fn message(line: &[u8], files: &mut Files<'_, '_>) -> Result<Vec<u8>, Unmappable> {
    if let Ok(mut found) = serde_json::from_slice::<diagnostic::Diagnostic>(line) {
        same_bytes(&found, line)?;
        if found.message_type.as_deref() != Some("diagnostic") {
            return Err(Unmappable::Form);
        }
        whole(&mut found, files)?;
        return serde_json::to_vec(&found).map_err(|_| Unmappable::Form);
    }
    let mut report: diagnostic::FutureIncompat = serde_json::from_slice(line).map_err(|_| Unmappable::Form)?;
    same_bytes(&report, line)?;
    if report.message_type != "future_incompat" {
        return Err(Unmappable::Form);
    }
    for item in &mut report.future_incompat_report {
        whole(&mut item.diagnostic, files)?;
    }
    serde_json::to_vec(&report).map_err(|_| Unmappable::Form)
}

/// Whether what was read is all there was: writing it back gives the line.
fn same_bytes(found: &impl serde::Serialize, line: &[u8]) -> Result<(), Unmappable> {
    match serde_json::to_vec(found) {
        Ok(again) if again == line => Ok(()),
        _ => Err(Unmappable::Form),
    }
}

/// A diagnostic with its children and its shown form.
fn whole(diagnostic: &mut diagnostic::Diagnostic, files: &mut Files<'_, '_>) -> Result<(), Unmappable> {
    let shown = spans::retarget(diagnostic, files)?;
    let code = diagnostic.code.as_ref().map_or("", |code| &code.code);
    if shown.touched && !lints::tried(code) {
        return Err(Unmappable::Lint(code.to_owned()));
    }
    if let Some(text) = &diagnostic.rendered
        && shown.touched
    {
        diagnostic.rendered = Some(rendered::retarget(text, &shown, files)?);
    }
    Ok(())
}

/// What the spans of one diagnostic prove about the lines that its shown form may hold.
#[derive(Default)]
struct Shown {
    /// Old lines of changed files whose text is the same in the new file, with their new numbers.
    lines: BTreeMap<(String, u32), u32>,
    /// Some span points into a changed file.
    touched: bool,
    /// Some span has another line now.
    moved: bool,
    /// Some suggestion adds or removes lines: the numbers beside its lines are then not those of the source.
    renumbered: bool,
    /// Some suggestion has parts with lines between them that no span proves.
    apart: bool,
    /// No line number that comes from a moved span can be larger than this one.
    largest: u32,
}

#[cfg(test)]
mod tests;
