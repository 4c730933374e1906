//! The spans of one diagnostic, moved to the new texts. A span is moved only if every line that it shows has the same text
//! there; its lines and byte offsets change, its columns cannot. Knows nothing of the form that people see.

use super::{
    Shown, Unmappable,
    source::{Files, Source},
};
use crate::rustc::messages::diagnostic::{Diagnostic, Span};

/// What rustc says of an import that is unused as a whole. Its suggestion ends at the start of the next line, and so shows
/// that line, whatever it holds.
const WHOLE_USE: &str = "remove the whole `use` item";

/// Moves the spans of a diagnostic and of its children.
pub(super) fn retarget(diagnostic: &mut Diagnostic, files: &mut Files<'_, '_>) -> Result<Shown, Unmappable> {
    let mut shown = Shown::default();
    let code = diagnostic.code.as_ref().map_or(String::new(), |code| code.code.clone());
    let rendered = diagnostic.rendered.clone().unwrap_or_default();
    let mut work = Work { files, shown: &mut shown };
    work.group(diagnostic, false)?;
    for child in &mut diagnostic.children {
        if !child.children.is_empty() || child.rendered.is_some() {
            return Err(Unmappable::Form);
        }
        // The suggestion is for tools only: were it shown to people, its title would be.
        let whole_use = code == "unused_imports" && child.message == WHOLE_USE && !rendered.contains(WHOLE_USE);
        work.group(child, whole_use)?;
    }
    if matches!(&*code, "unused_parens" | "unused_braces") {
        diagnostic.children.iter().try_for_each(|child| delimiters(child, work.files))?;
    }
    in_order(&shown)?;
    if shown.renumbered && shown.apart {
        return Err(Unmappable::Layout(diagnostic.message.clone()));
    }
    std::iter::once(&*diagnostic).chain(&diagnostic.children).try_for_each(|part| positions(part, &shown, files))?;
    Ok(shown)
}

struct Work<'w, 'a, 'f> {
    files: &'w mut Files<'a, 'f>,
    shown: &'w mut Shown,
}

impl Work<'_, '_, '_> {
    /// The spans of a diagnostic or of a child, which are shown together.
    fn group(&mut self, part: &mut Diagnostic, whole_use: bool) -> Result<(), Unmappable> {
        let replacements = part.spans.iter().filter_map(|span| span.suggested_replacement.as_deref());
        let added = replacements.map(|text| text.matches('\n').count()).sum::<usize>();
        let added = u32::try_from(added).map_err(|_| Unmappable::Form)?;
        // The lines of a suggestion's parts in a changed file, and by how much they move: all by the same amount.
        let mut parts: Vec<(u32, u32)> = Vec::new();
        let mut amount: Option<(String, i64)> = None;
        for span in &mut part.spans {
            let Some((moved, end)) = self.span(span, whole_use)? else { continue };
            // The line after an import is not shown to people.
            self.note(moved, (end - u32::from(whole_use)).saturating_add(added));
            if span.suggested_replacement.is_none() || whole_use {
                continue;
            }
            let this = (span.file_name.clone(), moved);
            if amount.as_ref().is_some_and(|first| *first != this) {
                return Err(Unmappable::Uneven { file: this.0, line: span.line_start });
            }
            amount = Some(this);
            parts.push((span.line_start, span.line_end));
        }
        self.shown.renumbered |= !parts.is_empty() && (added > 0 || parts.iter().any(|(start, end)| start != end));
        parts.sort_unstable();
        let apart = parts.iter().zip(parts.iter().skip(1)).any(|(above, below)| below.0 > above.1 + 1);
        self.shown.apart |= apart;
        Ok(())
    }

    fn note(&mut self, moved: i64, largest: u32) {
        if moved != 0 {
            self.shown.moved = true;
            self.shown.largest = self.shown.largest.max(largest);
        }
    }

    /// Moves one span and the macro calls behind it; gives by how many lines, and its new last line, if its file has changed.
    fn span(&mut self, span: &mut Span, whole_use: bool) -> Result<Option<(i64, u32)>, Unmappable> {
        if let Some(expansion) = &mut span.expansion {
            for (place, definition) in [(&mut expansion.span, false), (&mut expansion.def_site_span, true)] {
                if definition && nowhere(place) && self.files.get(&place.file_name).is_none_or(|source| !source.marked()) {
                    // Desugarings are defined nowhere; no macro's definition is without width.
                    continue;
                }
                if let Some((moved, end)) = self.span(place, false)? {
                    self.note(moved, end);
                }
            }
        }
        let Some(source) = self.files.get(&span.file_name) else { return Ok(None) };
        self.shown.touched = true;
        if span.text.is_empty() {
            // Either nowhere or a place of no width at the very start, which stays only if the first line does.
            let stays = nowhere(span) && span.suggested_replacement.is_none() && source.try_map(1) == Some(1) && !source.marked();
            let refusal = Unmappable::NoText { file: span.file_name.clone() };
            return if stays { Ok(Some((0, span.line_end))) } else { Err(refusal) };
        }
        let moved = Place::find(span, source, whole_use)?;
        for (old, new) in moved.same.clone() {
            let before = self.shown.lines.insert((span.file_name.clone(), old), new);
            if before.is_some_and(|before| before != new) {
                return Err(Unmappable::Uneven { file: span.file_name.clone(), line: old });
            }
        }
        let amount = i64::from(moved.start) - i64::from(span.line_start);
        moved.put(span);
        Ok(Some((amount, span.line_end)))
    }
}

/// Whether a span points nowhere: rustc gives it the start of the first file, and no text.
fn nowhere(span: &Span) -> bool {
    let (bytes, lines) = ((span.byte_start, span.byte_end), (span.line_start, span.line_end));
    span.text.is_empty() && bytes == (0, 0) && lines == (1, 1) && (span.column_start, span.column_end) == (1, 1)
}

/// Where a span is in the new text.
struct Place {
    start: u32,
    end: u32,
    bytes: (u32, u32),
    /// Old and new lines whose text was found to be the same.
    same: Vec<(u32, u32)>,
    /// The text of the last line, where it need not be the same.
    last: Option<String>,
}

impl Place {
    fn find(span: &Span, source: &Source<'_>, whole_use: bool) -> Result<Self, Unmappable> {
        let file = || span.file_name.clone();
        let lines = u32::try_from(span.text.len()).map_err(|_| Unmappable::Form)?;
        if span.line_start == 0 || span.line_end.checked_sub(span.line_start).map(|n| n + 1) != Some(lines) {
            return Err(Unmappable::Form);
        }
        let start = source.map(&span.file_name, span.line_start)?;
        let end = start + (lines - 1);
        let whole_use = whole_use && into_next_line(span);
        // The last line may begin inside a token and then have no counterpart of its own.
        if lines > 1 && !whole_use && source.try_map(span.line_end).is_some_and(|new| new != end) {
            return Err(Unmappable::Uneven { file: file(), line: span.line_end });
        }
        let mut place = Self { start, end, bytes: (0, 0), same: Vec::new(), last: None };
        let compared = span.text.len() - usize::from(whole_use);
        for ((old, new), line) in (span.line_start..).zip(start..).zip(&span.text).take(compared) {
            if source.line(new) != Some(line.text.as_str()) {
                return Err(Unmappable::Text { file: file(), line: old });
            }
            place.same.push((old, new));
        }
        let column = || Unmappable::Text { file: file(), line: span.line_end };
        place.bytes.0 = source.offset(start, span.column_start).ok_or_else(column)?;
        if whole_use {
            // At the end of the file rustc counts differently.
            let last = source.line(end).ok_or_else(column)?;
            place.bytes.1 = source.offset(end, 1).ok_or_else(column)?;
            place.last = Some(last.to_owned());
        } else {
            place.bytes.1 = source.offset(end, span.column_end).ok_or_else(column)?;
            // rustc takes the end of the line with it when a whole line goes; at the end of a file there may be none.
            if span.suggested_replacement.as_deref() == Some("")
                && span.column_start == 1
                && span.column_end > 1
                && source.ends(end)
                && source.offset(end, span.column_end + 1).is_none()
            {
                return Err(column());
            }
        }
        Ok(place)
    }

    fn put(self, span: &mut Span) {
        (span.line_start, span.line_end) = (self.start, self.end);
        (span.byte_start, span.byte_end) = self.bytes;
        if let (Some(text), Some(line)) = (self.last, span.text.last_mut()) {
            line.text = text;
        }
    }
}

/// Whether a removal of whole lines ends at the very start of a line.
fn into_next_line(span: &Span) -> bool {
    let last = span.text.last().is_some_and(|line| (line.highlight_start, line.highlight_end) == (1, 1));
    let columns = (span.column_start, span.column_end) == (1, 1);
    last && columns && span.line_end > span.line_start && span.suggested_replacement.as_deref() == Some("")
}

/// Lints about needless delimiters put a space in place of the second one if the *file* begins with a letter or digit (they ask
/// whether the text before the value starts with one), and sometimes for other reasons.
fn delimiters(suggestion: &Diagnostic, files: &mut Files<'_, '_>) -> Result<(), Unmappable> {
    let Some(last) =
        suggestion.spans.iter().filter(|span| span.suggested_replacement.is_some()).max_by_key(|span| span.byte_start)
    else {
        return Ok(());
    };
    let Some(source) = files.get(&last.file_name) else { return Ok(()) };
    let space = last.suggested_replacement.as_deref() != Some("");
    if space == source.begins_with_letter() { Ok(()) } else { Err(Unmappable::Text { file: last.file_name.clone(), line: 1 }) }
}

/// Lines stay in their order, in each file.
fn in_order(shown: &Shown) -> Result<(), Unmappable> {
    let pairs = shown.lines.iter().zip(shown.lines.iter().skip(1));
    for (((file, _), new), ((next_file, line), next)) in pairs {
        if file == next_file && new >= next {
            return Err(Unmappable::Uneven { file: file.clone(), line: *line });
        }
    }
    Ok(())
}

/// Refuses messages and labels that name a position (`{closure@src/main.rs:3:13: 3:15}`), unless it is in an unchanged file or
/// on a line that is known to have stayed, and those with lines that look like parts of the shown form.
fn positions(part: &Diagnostic, shown: &Shown, files: &mut Files<'_, '_>) -> Result<(), Unmappable> {
    let mut names: Vec<&str> = Vec::new();
    part.spans.iter().for_each(|span| names_in(span, &mut names));
    for text in std::iter::once(&part.message).chain(part.spans.iter().filter_map(|span| span.label.as_ref())) {
        let mimics =
            |line: &str| line.starts_with(|c: char| c.is_ascii_digit()) || line.starts_with("-->") || line.starts_with(":::");
        if text.lines().skip(1).any(|line| mimics(line.trim_start())) {
            return Err(Unmappable::Layout(text.clone()));
        }
        if !stays(text, &names, shown, files) {
            return Err(Unmappable::Position(text.clone()));
        }
    }
    Ok(())
}

fn names_in<'s>(span: &'s Span, names: &mut Vec<&'s str>) {
    names.push(&span.file_name);
    if let Some(expansion) = &span.expansion {
        names_in(&expansion.span, names);
        names_in(&expansion.def_site_span, names);
    }
}

/// Whether every `:<digit>` in a text belongs to a position that has not moved.
fn stays(text: &str, names: &[&str], shown: &Shown, files: &mut Files<'_, '_>) -> bool {
    let mut rest = text;
    let mut before = "";
    while let Some(at) = rest.find(':') {
        let from = text.len() - rest.len() + at;
        before = text.get(..from).unwrap_or(before);
        rest = rest.get(at + 1..).unwrap_or_default();
        let joined = before.ends_with(|c: char| !c.is_whitespace() && c != ':');
        if !joined || !rest.starts_with(|c: char| c.is_ascii_digit()) {
            continue;
        }
        let Some(name) = names.iter().filter(|name| before.ends_with(**name)).max_by_key(|name| name.len()) else { return false };
        let Some((lines, after)) = position(rest) else { return false };
        let changed = files.get(name).is_some();
        if changed && !lines.iter().flatten().all(|line| shown.lines.get(&((*name).to_owned(), *line)) == Some(line)) {
            return false;
        }
        rest = after;
    }
    true
}

/// The lines in `3:13` or `3:13: 4:15`, and what follows.
fn position(text: &str) -> Option<([Option<u32>; 2], &str)> {
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, rest) = text.split_at_checked(end)?;
        Some((digits.parse::<u32>().ok()?, rest.to_owned()))
    };
    let pair = |text: &str| {
        let (line, rest) = number(text)?;
        let (_, rest) = number(rest.strip_prefix(':')?)?;
        Some((line, rest.len()))
    };
    let (first, left) = pair(text)?;
    let rest = text.get(text.len() - left..)?;
    let second = rest.strip_prefix(": ").and_then(|more| pair(more).map(|found| (more, found)));
    Some(match second {
        Some((more, (line, left))) => ([Some(first), Some(line)], more.get(more.len() - left..)?),
        None => ([Some(first), None], rest),
    })
}
