//! What the compiler proposes: edits of lines, as it has shown them, before they touch anything.
//!
//! It must never be taken for tried: the compiler says what it believes. Proposals that cannot be drawn are left out.

use super::diagnostic::{Diagnostic, Span};

/// One proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// As the compiler announces it.
    pub message: String,
    /// The compiler vouches for it.
    pub is_certain: bool,
    /// Lines with their numbers, as they are and as they would be.
    pub changes: Vec<Change>,
}

/// One line that changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub file: String,
    pub line: usize,
    /// Nothing if lines are only added.
    pub old: Option<String>,
    pub new: Vec<String>,
}

/// The proposals of an error: those that the compiler vouches for first, then in its order; of a call with too many or too few
/// arguments, those about arguments before those about their types.
pub fn suggestions(error: &Diagnostic) -> Vec<Suggestion> {
    let mut all: Vec<Suggestion> = error.children.iter().filter_map(of_note).collect();
    let is_beside = |s: &Suggestion| error.code() == "E0061" && !s.message.contains("argument");
    all.sort_by_key(|s| (is_beside(s), !s.is_certain));
    all
}

fn of_note(note: &Diagnostic) -> Option<Suggestion> {
    let parts: Vec<&Span> = note.spans.iter().filter(|s| s.suggested_replacement.is_some()).collect();
    let first = *parts.first()?;
    // Several texts for one place are alternatives.
    let same = |s: &&&Span| (s.byte_start, s.byte_end, &s.file_name) == (first.byte_start, first.byte_end, &first.file_name);
    let parts = if parts.iter().filter(same).count() > 1 { vec![first] } else { parts };
    let is_certain = parts.iter().all(|s| s.suggestion_applicability.as_deref() == Some("MachineApplicable"));
    let changes = changes(&parts)?;
    Some(Suggestion { message: note.message.trim_end_matches(':').to_owned(), is_certain, changes })
}

fn changes(parts: &[&Span]) -> Option<Vec<Change>> {
    let mut changes: Vec<Change> = Vec::new();
    let mut parts = parts.to_vec();
    // From right to left, so that columns stay what they are.
    parts.sort_by_key(|s| (s.file_name.clone(), s.line_start, std::cmp::Reverse(s.column_start)));
    for part in parts {
        let with = part.suggested_replacement.as_deref().unwrap_or_default();
        let added = with.strip_suffix('\n').filter(|_| part.byte_start == part.byte_end && part.column_start == 1);
        if let Some(lines) = added {
            let new = lines.trim_end_matches('\n').split('\n').map(str::to_owned).collect();
            changes.push(Change { file: part.file_name.clone(), line: part.line_start, old: None, new });
            continue;
        }
        let [line] = part.text.as_slice() else { return None };
        let known = changes.iter().position(|c| c.old.is_some() && (&c.file, c.line) == (&part.file_name, part.line_start));
        let now = known.map_or_else(|| line.text.clone(), |at| changes[at].new.join("\n"));
        let new = replaced(&now, part.column_start, part.column_end, with)?;
        let new = new.split('\n').map(str::to_owned).collect();
        match known {
            Some(at) => changes[at].new = new,
            None => {
                changes.push(Change { file: part.file_name.clone(), line: part.line_start, old: Some(line.text.clone()), new })
            }
        }
    }
    Some(changes)
}

/// Columns are characters from 1; the end is not part of it.
fn replaced(line: &str, start: usize, end: usize, with: &str) -> Option<String> {
    let place = |column: usize| {
        let at = column.checked_sub(1)?;
        line.char_indices().map(|(at, _)| at).chain([line.len()]).nth(at)
    };
    let (start, end) = (place(start)?, place(end)?);
    (start <= end).then(|| format!("{}{with}{}", &line[..start], &line[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advise::diagnostic::Line;

    fn part(line: usize, columns: (usize, usize), text: &str, with: &str) -> Span {
        Span {
            file_name: "a.rs".into(),
            line_start: line,
            line_end: line,
            column_start: columns.0,
            column_end: columns.1,
            byte_start: line * 100 + columns.0,
            byte_end: line * 100 + columns.1,
            text: vec![Line { text: text.into(), highlight_start: columns.0, highlight_end: columns.1 }],
            suggested_replacement: Some(with.into()),
            suggestion_applicability: Some("MachineApplicable".into()),
            ..Span::default()
        }
    }

    fn of(spans: Vec<Span>) -> Vec<Suggestion> {
        let note = Diagnostic { message: "do this:".into(), level: "help".into(), spans, ..Default::default() };
        suggestions(&Diagnostic { children: vec![note], ..Default::default() })
    }

    #[test]
    fn parts_of_one_line_make_one_change() {
        let text = "größe.drop();";
        let found = of(vec![part(3, (1, 1), text, "drop("), part(3, (6, 13), text, ")")]);
        assert_eq!(
            found[0].changes,
            [Change { file: "a.rs".into(), line: 3, old: Some(text.into()), new: vec!["drop(größe);".into()] }]
        );
        assert!(found[0].is_certain && found[0].message == "do this");
    }

    #[test]
    fn new_lines_are_only_added_and_of_alternatives_the_first_counts() {
        let found = of(vec![part(1, (1, 1), "fn f() {}", "use a::B;\n\n"), part(1, (1, 1), "fn f() {}", "use c::B;\n\n")]);
        assert_eq!(found[0].changes, [Change { file: "a.rs".into(), line: 1, old: None, new: vec!["use a::B;".into()] }]);
    }

    #[test]
    fn what_cannot_be_drawn_is_left_out() {
        assert!(of(vec![part(1, (8, 9), "short", "x")]).is_empty());
        assert!(of(vec![Span { text: Vec::new(), ..part(1, (1, 2), "a", "x") }]).is_empty());
        assert!(of(Vec::new()).is_empty());
    }
}
