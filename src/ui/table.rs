//! Small tables: columns as wide as their widest cell, two spaces between them, no lines.
//!
//! It knows nothing of what it shows. Cells are made harmless here, so that no name can drive the terminal.

use super::{Theme, sanitize::clean};

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// Rows in the making.
pub struct Table {
    align: Vec<Align>,
    head: Option<Vec<String>>,
    rows: Vec<Vec<String>>,
    /// Columns of the terminal that the last column may reach to.
    within: Option<usize>,
}

impl Table {
    /// A table with these columns.
    pub fn new(align: &[Align]) -> Self {
        Self { align: align.to_vec(), head: None, rows: Vec::new(), within: None }
    }

    /// Names the columns.
    #[must_use]
    pub fn head(mut self, names: &[&str]) -> Self {
        self.head = Some(names.iter().map(|n| (*n).to_owned()).collect());
        self
    }

    /// Breaks the last column between words where a line would be longer; a word is never broken.
    #[must_use]
    pub fn within(mut self, columns: usize) -> Self {
        self.within = Some(columns);
        self
    }

    /// Adds a row.
    pub fn row<T: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = T>) -> &mut Self {
        self.rows.push(cells.into_iter().map(|c| clean(c.as_ref()).replace(['\n', '\t'], " ")).collect());
        self
    }

    /// The lines, each behind `indent`; nothing if there are no rows.
    pub fn render(&self, indent: &str, theme: Theme) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let all = || self.head.iter().chain(&self.rows);
        let width = |i: usize| all().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.align.len()).map(width).collect();
        let line = |row: &Vec<String>| {
            let cells = row.iter().zip(&self.align).zip(&widths).map(|((cell, align), &w)| match align {
                Align::Left => format!("{cell:<w$}"),
                Align::Right => format!("{cell:>w$}"),
            });
            format!("{indent}{}", cells.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
        };
        let head = self.head.iter().map(|h| theme.heading(line(h)));
        let before = indent.chars().count() + widths.iter().rev().skip(1).map(|w| w + 2).sum::<usize>();
        let broken = |row: &Vec<String>| match (self.within, row.split_last()) {
            (Some(columns), Some((last, others))) => {
                let parts = words_within(last, columns.saturating_sub(before)).into_iter().enumerate();
                // What stands in front is not said again.
                let others = |n: usize| others.iter().map(move |o| if n == 0 { o.clone() } else { String::new() });
                parts.map(|(n, part)| others(n).chain([part]).collect()).collect()
            }
            _ => vec![row.clone()],
        };
        head.chain(self.rows.iter().flat_map(broken).map(|row| line(&row))).collect()
    }
}

/// A text in lines of so many characters, as far as its words allow; at least one line.
pub fn words_within(text: &str, room: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_sentences_are_broken_between_words_in_their_column() {
        let mut table = Table::new(&[Align::Right, Align::Left]).within(13);
        table.row(["7", "one two three"]).row(["12", "unbreakable.words"]);
        assert_eq!(table.render("  ", Theme::default()), ["   7  one two", "      three", "  12  unbreakable.words"]);
    }

    #[test]
    fn columns_line_up_and_cells_stay_on_their_line() {
        let mut table = Table::new(&[Align::Left, Align::Right]).head(&["crate", "time"]);
        table.row(["serde", "1.2 s"]).row(["a\u{1b}\nb", "740 ms"]);
        let lines = table.render("  ", Theme::default());
        assert_eq!(lines, ["  crate        time", "  serde       1.2 s", "  a\\u{1b} b  740 ms"]);
        assert!(Table::new(&[Align::Left]).head(&["x"]).render("", Theme::default()).is_empty());
    }
}
