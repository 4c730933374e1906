//! The form of a diagnostic that people see, with line numbers moved. The form is rustc's (`--> path:line:column`,
//! ` 12 | text`, `...`), with or without colours; every line that shows source text is held against the new text unless the
//! spans have proved it already. What looks otherwise is refused.

use super::{
    Shown, Unmappable,
    source::{Files, Source},
};

mod line;

use line::{Kind, Line};

/// A rendered diagnostic for the new texts.
pub(super) fn retarget(text: &str, shown: &Shown, files: &mut Files<'_, '_>) -> Result<String, Unmappable> {
    let mut page = Page { shown, files, width: None, first: None, block: Block::default(), largest: 0 };
    let mut out = String::with_capacity(text.len() + 16);
    for raw in text.split_inclusive('\n') {
        let (raw, end) = raw.strip_suffix('\n').map_or((raw, ""), |raw| (raw, "\n"));
        out.push_str(&page.line(raw)?);
        out.push_str(end);
    }
    page.finish_block()?;
    page.finish(text)?;
    Ok(out)
}

/// What was read so far.
struct Page<'p, 'a, 'f> {
    shown: &'p Shown,
    files: &'p mut Files<'a, 'f>,
    /// The width of the column of line numbers.
    width: Option<usize>,
    /// The file of the first header: suggestions without a header are about it.
    first: Option<String>,
    block: Block,
    /// The largest new line number shown beside source text.
    largest: u32,
}

/// Lines of one file under one header or title.
#[derive(Default)]
struct Block {
    /// The file, if it has changed.
    file: Option<String>,
    /// Under a title instead of a header: all lines move alike, for the parts of a suggestion do.
    suggestion: bool,
    /// The last line that was shown: old and new number.
    last: Option<(u32, u32)>,
    /// `...` came after it.
    gap: bool,
    rows: Vec<Row>,
}

/// A line of source text as it was shown.
struct Row {
    old: u32,
    new: u32,
    sign: char,
    content: String,
}

impl Page<'_, '_, '_> {
    /// One line with its numbers moved.
    fn line(&mut self, raw: &str) -> Result<String, Unmappable> {
        let line = Line::read(raw).ok_or_else(|| Unmappable::Layout(raw.to_owned()))?;
        match line.kind(self.width).ok_or_else(|| Unmappable::Layout(raw.to_owned()))? {
            Kind::Header { width, path, line: number, field } => {
                self.finish_block()?;
                if self.width.is_some_and(|known| known != width) {
                    return Err(Unmappable::Layout(raw.to_owned()));
                }
                self.width = Some(width);
                let path = path.to_owned();
                self.first.get_or_insert_with(|| path.clone());
                let new = match self.files.get(&path) {
                    None => None,
                    Some(source) => Some(match self.shown.lines.get(&(path.clone(), number)) {
                        Some(new) => *new,
                        None => source.map(&path, number)?,
                    }),
                };
                self.block.file = new.is_some().then_some(path);
                let edited = new.map(|new| line.with(raw, field, &new.to_string()));
                edited.unwrap_or_else(|| Some(raw.to_owned())).ok_or_else(|| Unmappable::Layout(raw.to_owned()))
            }
            Kind::Title => {
                self.finish_block()?;
                self.block.suggestion = true;
                let first = self.first.clone();
                self.block.file = first.filter(|path| self.files.get(path).is_some());
                Ok(raw.to_owned())
            }
            Kind::Gap => {
                self.block.gap = true;
                Ok(raw.to_owned())
            }
            Kind::Row { old, field, sign, content } => {
                let Some(file) = self.block.file.clone() else {
                    self.largest = self.largest.max(old);
                    return Ok(raw.to_owned());
                };
                let new = self.new_number(&file, old, sign)?;
                self.largest = self.largest.max(new);
                self.block.last = Some((old, new));
                self.block.gap = false;
                self.block.rows.push(Row { old, new, sign, content: content.to_owned() });
                if old == new {
                    return Ok(raw.to_owned());
                }
                let text = line.aligned(field.clone(), new).ok_or(Unmappable::Gutter)?;
                line.with(raw, field, &text).ok_or_else(|| Unmappable::Layout(raw.to_owned()))
            }
            Kind::Other => Ok(raw.to_owned()),
        }
    }

    /// The new number of a line of source text, from what is known of the line and of the one above it.
    fn new_number(&mut self, file: &str, old: u32, sign: char) -> Result<u32, Unmappable> {
        let known = self.shown.lines.get(&(file.to_owned(), old)).copied();
        let uneven = || Unmappable::Uneven { file: file.to_owned(), line: old };
        let shift = |(last_old, last_new): (u32, u32)| (last_new + old).checked_sub(last_old).ok_or_else(uneven);
        let Some(last) = self.block.last else {
            let source = self.files.get(file).ok_or_else(uneven)?;
            return known.map_or_else(|| source.map(file, old), Ok);
        };
        // Added lines are not in the old text, and lines below them are counted as if they were.
        if self.block.suggestion || sign != '|' {
            let new = shift(last)?;
            let counted = matches!(sign, '|' | '-') && !self.shown.renumbered;
            let agrees = !counted || known.is_none_or(|known| known == new);
            return if agrees { Ok(new) } else { Err(uneven()) };
        }
        let mapped = known.or_else(|| self.files.get(file).and_then(|source| source.try_map(old)));
        let new = match mapped {
            Some(new) => new,
            None if !self.block.gap => shift(last)?,
            None => return Err(Unmappable::Line { file: file.to_owned(), line: old }),
        };
        // rustc shows one line in between and hides more than one.
        let far = self.block.gap && old > last.0 + 2 && new > last.1 + 2;
        if far || new == shift(last)? { Ok(new) } else { Err(uneven()) }
    }

    /// Ends a block: lines that no span has proved must show the new text.
    fn finish_block(&mut self) -> Result<(), Unmappable> {
        let block = std::mem::take(&mut self.block);
        let Some(file) = &block.file else { return Ok(()) };
        if block.suggestion && self.shown.renumbered {
            // The numbers say nothing about the source, but then the spans have proved every line.
            return Ok(());
        }
        let proved = |row: &&Row| self.shown.lines.get(&(file.clone(), row.old)) == Some(&row.new);
        let Some(source) = self.files.get(file) else { return Ok(()) };
        let mut open = block.rows.iter().filter(|row| matches!(row.sign, '|' | '-') && !proved(row)).peekable();
        let Some(first) = open.peek() else { return Ok(()) };
        let refusal = |row: &Row| Unmappable::Text { file: file.clone(), line: row.old };
        let margin = if block.suggestion {
            1
        } else {
            let proved = block.rows.iter().filter(|row| row.sign == '|').filter(proved);
            margin(proved, source).ok_or_else(|| refusal(first))?
        };
        open.try_for_each(|row| if shows(row, margin, source) { Ok(()) } else { Err(refusal(row)) })
    }

    /// The column of line numbers keeps its width: it is as wide as the largest number asks for.
    fn finish(&self, text: &str) -> Result<(), Unmappable> {
        let Some(width) = self.width else {
            // No header, so nothing that looks like source was understood; one line alone cannot hold any.
            let alone = text.trim_end_matches('\n').lines().count() <= 1;
            return if alone && !self.shown.moved { Ok(()) } else { Err(Unmappable::Layout(text.to_owned())) };
        };
        if !self.shown.moved {
            return Ok(());
        }
        let digits = |number: u32| number.to_string().len();
        let fits = digits(self.shown.largest) <= width && digits(self.largest) == width;
        if fits { Ok(()) } else { Err(Unmappable::Gutter) }
    }
}

/// How far from the sign the source text begins, from lines whose text is known; `None` if they do not tell or are not shown
/// from end to end.
fn margin<'r>(rows: impl Iterator<Item = &'r Row>, source: &Source<'_>) -> Option<usize> {
    let mut found = None;
    for row in rows {
        let text = shown_text(source.line(row.new)?);
        if text.trim().is_empty() {
            continue;
        }
        let margin = row.content.strip_suffix(&text)?;
        if !drawing(margin) || found.is_some_and(|found| found != margin.len()) {
            return None;
        }
        found = Some(margin.len());
    }
    found
}

/// Whether a row shows the text of the new line, whole.
fn shows(row: &Row, margin: usize, source: &Source<'_>) -> bool {
    let Some(text) = source.line(row.new).map(shown_text) else { return false };
    if text.is_empty() {
        return row.content.len() <= margin && drawing(&row.content);
    }
    row.content.strip_suffix(&text).is_some_and(|before| before.len() == margin && drawing(before))
}

/// Lines of spans that reach over several lines.
fn drawing(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' ' | b'|' | b'/' | b'_'))
}

/// A line as rustc shows it; other characters that it replaces never compare equal.
fn shown_text(line: &str) -> String {
    line.replace('\t', "    ")
}
