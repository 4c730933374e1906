//! The code of an error with carets, and of what the compiler points at beside it.
//!
//! The lines are those that the compiler has read; no file is read again.

use super::flat;
use crate::{
    advise::diagnostic::{Diagnostic, Span},
    base::excerpt::Excerpt,
    ui::Theme,
};

/// The place itself and at most `others` more in the same file, in the order of their lines.
pub fn lines(error: &Diagnostic, others: usize, theme: Theme) -> Vec<String> {
    let Some(primary) = error.primary().filter(|s| !s.text.is_empty()) else { return Vec::new() };
    let is_labelled = |s: &&Span| s.label.as_ref().is_some_and(|l| !l.is_empty());
    let is_other = |s: &&Span| s.file_name == primary.file_name && !s.text.is_empty() && !std::ptr::eq(*s, primary);
    let mut spans: Vec<&Span> = error.spans.iter().filter(is_other).filter(is_labelled).take(others).collect();
    spans.push(primary);
    spans.sort_by_key(|s| (s.line_start, s.column_start));
    let width = spans.iter().map(|s| s.line_start.to_string().len()).max().unwrap_or(1);
    let mut out = Vec::new();
    let mut shown: Option<(usize, Excerpt)> = None;
    for span in spans {
        let Some(line) = span.text.first() else { continue };
        let start = line.highlight_start.saturating_sub(1);
        let excerpt = match shown.take() {
            Some((number, excerpt)) if number == span.line_start => excerpt,
            _ => {
                let excerpt = Excerpt::new(&line.text, start);
                out.push(format!("   {:>width$} | {}", span.line_start, excerpt.text.trim_end()));
                excerpt
            }
        };
        let (indent, carets) = excerpt.columns(start..line.highlight_end.saturating_sub(1));
        let sign = if span.is_primary { "^" } else { "-" };
        let label = span.label.as_deref().map(flat).unwrap_or_default();
        let marked = format!("{} {label}", sign.repeat(carets));
        let marked = if span.is_primary { theme.bad(marked.trim_end()) } else { theme.literal(marked.trim_end()) };
        out.push(format!("   {:>width$} | {}{marked}", "", " ".repeat(indent)));
        shown = Some((span.line_start, excerpt));
    }
    out
}
