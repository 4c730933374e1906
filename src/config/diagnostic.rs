//! Errors as people read them: what, where (`file:line:column` with a caret), and what to do about it.
//!
//! Every piece of foreign text passes [`text::visible`], so a hostile file cannot drive the terminal. Rendering cannot fail:
//! spans that do not fit the text are clamped.

use std::{fmt, ops::Range, sync::Arc};

use crate::{
    base::{excerpt::Excerpt, text},
    config::{read::Problem, source::Source},
};

/// Everything that is wrong with the configuration.
///
/// Its text is complete: blocks that begin with `error:`, separated by empty lines, without a line break at the end.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", join(.0))]
pub struct ConfigError(Vec<Diagnostic>);

impl ConfigError {
    /// `Ok` if there is nothing to report.
    pub(super) fn check(all: Vec<Diagnostic>) -> Result<(), Self> {
        if all.is_empty() { Ok(()) } else { Err(Self(all)) }
    }

    /// In order: files from top to bottom, then the environment, then flags.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.0
    }

    /// The text without the first label, for printers that put a label of their own before it.
    pub fn unlabelled(&self) -> String {
        let text = self.to_string();
        text.strip_prefix("error: ").unwrap_or(&text).to_owned()
    }
}

/// More than this nobody reads; a hostile file could bring thousands.
const SHOWN: usize = 50;

fn join(all: &[Diagnostic]) -> String {
    let mut blocks: Vec<String> = all.iter().take(SHOWN).map(ToString::to_string).collect();
    if all.len() > SHOWN {
        blocks.push(format!("error: and {} more", all.len() - SHOWN));
    }
    blocks.join("\n\n")
}

/// One error.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    message: String,
    place: Place,
    hint: Option<String>,
}

#[derive(Debug, Clone)]
enum Place {
    Span(Arc<Source>, Range<usize>),
    /// A file as a whole, an environment variable, a flag.
    Named(String),
}

impl Diagnostic {
    /// About a piece of a file; `span` is used if the problem does not name a smaller one.
    pub(super) fn in_file(source: &Arc<Source>, span: Range<usize>, problem: Problem) -> Self {
        let span = problem.span.unwrap_or(span);
        Self { message: problem.message, place: Place::Span(Arc::clone(source), span), hint: problem.hint }
    }

    /// About something that has a name.
    pub(super) fn about(place: impl Into<String>, problem: Problem) -> Self {
        Self { message: problem.message, place: Place::Named(place.into()), hint: problem.hint }
    }

    /// The first line without `error:`.
    pub fn message(&self) -> String {
        text::visible(&self.message)
    }

    /// What the user can do.
    pub fn hint(&self) -> Option<String> {
        self.hint.as_deref().map(text::visible)
    }

    /// Where the piece begins in its file, for sorting.
    pub(super) fn offset(&self) -> usize {
        match &self.place {
            Place::Span(_, span) => span.start,
            Place::Named(_) => 0,
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message())?;
        let pad = match &self.place {
            Place::Span(source, span) => {
                let shown = Shown::new(&source.text, span);
                let pad = " ".repeat(shown.line.to_string().len());
                let path = text::visible(&source.path.to_string_lossy());
                write!(f, "\n{pad}--> {path}:{}:{}", shown.line, shown.column)?;
                write!(f, "\n{pad} |\n{} | {}", shown.line, shown.text)?;
                write!(f, "\n{pad} | {}{}", " ".repeat(shown.indent), "^".repeat(shown.carets))?;
                pad
            }
            Place::Named(name) => {
                write!(f, "\n --> {}", text::visible(name))?;
                " ".to_owned()
            }
        };
        match self.hint() {
            Some(hint) => write!(f, "\n{pad} = hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// The line that holds a span, ready to be shown.
struct Shown {
    /// From 1.
    line: usize,
    /// In characters, from 1.
    column: usize,
    text: String,
    /// Terminal columns before the carets.
    indent: usize,
    carets: usize,
}

impl Shown {
    fn new(text: &str, span: &Range<usize>) -> Self {
        let start = text.floor_char_boundary(span.start);
        let end = text.floor_char_boundary(span.end).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[line_start..line_end].trim_end_matches('\r');
        let before = text[line_start..start].chars().count();
        let excerpt = Excerpt::new(line, before);
        let (indent, carets) = excerpt.columns(before..before + text[start..end].chars().count());
        Self { line: text[..start].matches('\n').count() + 1, column: before + 1, text: excerpt.text, indent, carets }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str, piece: &str) -> String {
        let start = text.find(piece).expect("the piece is in the text");
        let source = Arc::new(Source { path: "/c.toml".into(), text: text.into() });
        Diagnostic::in_file(&source, start..start + piece.len(), Problem::new("wrong").hint("fix \x1bit")).to_string()
    }

    #[test]
    fn the_shape_of_an_error() {
        let shown = render("[cache]\n\nmax_size = 20\n", "max_size");
        assert_eq!(shown, "error: wrong\n --> /c.toml:3:1\n  |\n3 | max_size = 20\n  | ^^^^^^^^\n  = hint: fix ␛it");
    }

    #[test]
    fn the_gutter_grows_with_the_line_number() {
        let shown = render(&("\n".repeat(99) + "x = 1\r\n"), "x");
        assert_eq!(shown, "error: wrong\n   --> /c.toml:100:1\n    |\n100 | x = 1\n    | ^\n    = hint: fix ␛it");
    }

    #[test]
    fn columns_count_characters_and_carets_count_cells() {
        let shown = render("\"größe\" = \"日本\" # \u{1b}[2J\u{202e}\n", "\"日本\"");
        assert!(shown.contains("/c.toml:1:11\n"), "{shown}");
        assert!(shown.contains("1 | \"größe\" = \"日本\" # ␛[2J\u{fffd}\n  |           ^^^^^^\n"), "{shown}");
        let shown = render("日本 = 1\n", "1");
        assert!(shown.contains(":1:6\n  |\n1 | 日本 = 1\n  |        ^\n"), "{shown}");
        let shown = render("\tx = 1\n", "x");
        assert!(shown.contains(":1:2\n  |\n1 |     x = 1\n  |     ^\n"), "{shown}");
    }

    #[test]
    fn spans_that_do_not_fit_are_clamped() {
        let source = Arc::new(Source { path: "/c.toml".into(), text: "ä".into() });
        for span in [0..99, 1..1, 50..99, 2..2] {
            let shown = Diagnostic::in_file(&source, span, Problem::new("wrong")).to_string();
            assert!(shown.contains('^'), "{shown}");
        }
        let shown = render("a = [\n1,\n2]\n", "[\n1,\n2]");
        assert!(shown.contains("1 | a = [\n  |     ^\n"), "{shown}");
    }

    #[test]
    fn long_lines_are_cut_around_the_caret() {
        let shown = render(&format!("{} X {}", "a".repeat(500), "b".repeat(500)), "X");
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[3].chars().count() < 180, "{shown}");
        let caret = lines[4].chars().position(|c| c == '^').expect("a caret");
        assert_eq!(lines[3].chars().nth(caret), Some('X'), "{shown}");
        assert!(lines[1].ends_with(":1:502"), "{shown}");
    }

    #[test]
    fn a_flood_of_errors_is_cut() {
        let one = Diagnostic::about("X", Problem::new("wrong"));
        let error = ConfigError::check(vec![one; 60]).expect_err("errors");
        assert!(error.to_string().ends_with("error: and 10 more"));
        assert_eq!(error.diagnostics().len(), 60);
    }
}
