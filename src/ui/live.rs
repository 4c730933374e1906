//! What a build's bar says while cargo compiles: units done of all (cargo's own count), what became of those that the cache knows
//! of, the time that was saved so far, and how long it will still take where that is known.
//!
//! One line, cut to the terminal. It must say nothing that it was not told; without anything to say, the bar is cargo's.

use super::{
    frames::{Frame, VERB_COLUMNS},
    lines,
};
use crate::{base::text, events::Live};

/// Columns of the bar, the widest that fits first.
const BARS: [usize; 3] = [25, 15, 8];
/// Columns that names should have before there is a bar.
const NAMES: usize = 12;
/// Columns of the narrowest terminal that anything is said on.
const NARROWEST: usize = 30;

/// What is known of a build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    pub seeded: u64,
    pub hits: u64,
    pub compiling: u64,
    pub saved_ms: u64,
    pub left_ms: Option<u64>,
}

impl Known {
    /// What the daemon says.
    pub fn of(live: &Live, left_ms: Option<u64>) -> Self {
        let Live { seeded, hits, saved_ms, running, .. } = live;
        Self { seeded: *seeded, hits: *hits, compiling: running.len() as u64, saved_ms: *saved_ms, left_ms }
    }
}

/// The words behind the verb of a frame, on a terminal of so many columns.
pub fn words(frame: &Frame, known: &Known, columns: usize) -> Option<String> {
    // Where there is no room for a figure, cargo knows best what to leave out.
    let figures = figures(known).filter(|_| columns >= NARROWEST)?;
    let Frame { done, total, names, .. } = frame;
    let rest = format!("{done}/{total}{figures}{}{names}", if names.is_empty() { "" } else { ": " });
    // The last column stays free: some terminals go to the next line when it is filled.
    let columns = columns - VERB_COLUMNS - 1;
    let wanted = lines::width(&rest) - lines::width(names).saturating_sub(NAMES);
    let bar = BARS.iter().find(|bar| **bar + 3 + wanted <= columns).map(|bar| draw(*bar, *done, *total)).unwrap_or_default();
    Some(lines::cut(&format!("{bar}{rest}"), columns))
}

fn figures(known: &Known) -> Option<String> {
    let Known { seeded, hits, compiling, saved_ms, left_ms } = *known;
    let parts = [
        (seeded > 0).then(|| format!("{seeded} seeded")),
        (hits > 0).then(|| text::count(hits, "hit")),
        (compiling > 0).then(|| format!("{compiling} compiling")),
        (saved_ms >= 1000).then(|| format!("saved {}", seconds(saved_ms))),
        left_ms.map(|ms| format!("~{} left", seconds(ms))),
    ];
    let text: String = parts.into_iter().flatten().map(|part| format!(" · {part}")).collect();
    Some(text).filter(|text| !text.is_empty())
}

/// Whole seconds: what changes every moment cannot be read.
fn seconds(ms: u64) -> String {
    match ms.div_ceil(1000) {
        s @ 0..60 => format!("{s} s"),
        s => format!("{} min {} s", s / 60, s % 60),
    }
}

/// As cargo draws it.
fn draw(columns: usize, done: u64, total: u64) -> String {
    let columns_of = |done: u64| columns as u64 * done.min(total) / total.max(1);
    let full = usize::try_from(columns_of(done)).unwrap_or(columns);
    let mut bar = "=".repeat(full);
    if full < columns {
        bar.push(if full > 0 { '>' } else { ' ' });
    }
    format!("[{bar:columns$}] ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::frames::Frames;

    fn said(names: &str, known: &Known, columns: usize) -> Option<String> {
        let (mut frames, mut out) = (Frames::default(), Vec::new());
        let names = if names.is_empty() { String::new() } else { format!(": {names}") };
        frames.take(format!("    Building [==> ] 118/320{names}\r").as_bytes(), &mut out, |_| None);
        words(frames.shown().expect("a frame"), known, columns)
    }

    #[test]
    fn what_the_bar_says() {
        let known = Known { seeded: 96, hits: 1, compiling: 3, saved_ms: 41_000, left_ms: Some(11_200) };
        let figures = "118/320 · 96 seeded · 1 hit · 3 compiling · saved 41 s · ~12 s left";
        let names = "tokio, syn, hyper";
        let wide = said(names, &known, 140).expect("words");
        assert_eq!(wide, format!("[=========>               ] {figures}: {names}"));
        assert_eq!(said(names, &known, 110).expect("words"), format!("[==>     ] {figures}: tokio, syn, hyp…"));
        assert_eq!(said(names, &known, 90).expect("words"), format!("{figures}: tokio,…"));
        assert_eq!(said(names, &known, 40).expect("words"), "118/320 · 96 seeded · 1 h…");
        assert_eq!(said(names, &known, NARROWEST - 1), None);
        for columns in NARROWEST..200 {
            let line = said(names, &known, columns).expect("words");
            assert!(lines::width(&line) + VERB_COLUMNS < columns, "{columns}: {line}");
        }
        let few = Known { compiling: 1, ..Known::default() };
        assert_eq!(said("", &few, 60).expect("words"), "[=====>         ] 118/320 · 1 compiling");
        assert_eq!(said(names, &Known { saved_ms: 999, ..Known::default() }, 80), None, "cargo's own says it all");
        assert_eq!(seconds(61_500), "1 min 2 s");
    }

    #[test]
    fn a_bar_is_full_at_the_end() {
        assert_eq!((draw(4, 0, 9).as_str(), draw(4, 9, 9).as_str()), ("[    ] ", "[====] "));
        assert_eq!((draw(4, 5, 9).as_str(), draw(4, 0, 0).as_str()), ("[==> ] ", "[    ] "));
    }
}
