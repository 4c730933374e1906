//! Whether a change has made it better: the errors that it was made for are gone, and no other has come.
//!
//! An error that hides later ones is mended only by letting them be seen, so not everything that is seen for the first time
//! was made by the change. It is taken for *revealed* if
//!
//! - its unit was not compiled before, or
//! - an error is gone that was found in an earlier phase and hid it: one of syntax or of names hides all that is in its unit, one of
//!   types what is in the same body, or anything if it is in none.
//!
//! In a unit that was free of errors nothing is ever revealed. What is revealed has to be mended as well ([`Fresh::on_trust`]) if it
//! may come from the change after all: it speaks of a line that was changed, or of a name that is gone, or a guess changed
//! its body at a place that it may have to do with ([`flow`]).

use std::{collections::BTreeMap, ops::Range};

use super::{
    bodies::Bodies,
    fault::{Fault, Unit, What},
    flow,
    patch::{Texts, Touched, overlaps},
    phase::Phase,
};

/// What a check has found.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    pub faults: Vec<Fault>,
    /// What was compiled without an error.
    pub clean: Vec<Unit>,
}

impl Checked {
    fn was_reached(&self, unit: &Unit) -> bool {
        self.clean.contains(unit) || self.faults.iter().any(|f| f.unit == *unit)
    }

    fn is_clean(&self, unit: &Unit) -> bool {
        self.clean.contains(unit) && !self.faults.iter().any(|f| f.unit == *unit)
    }
}

/// How sure it is that the change is what was meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sure {
    /// The compiler says so.
    Yes,
    /// Somebody has guessed.
    No,
}

/// Errors that can be seen only now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fresh {
    pub revealed: Vec<Fault>,
    /// The change is good only if these go too.
    pub on_trust: Vec<Fault>,
}

/// What became of the errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Better(Fresh),
    /// What was to be mended is still there.
    Stayed,
    /// An error that was not there.
    Made(Box<Fault>),
}

/// Compares two states of a workspace; `aims` are those of `before.faults` that the change was made for.
pub fn judge(before: (&Checked, &Texts), after: (&Checked, &Texts), aims: &[&Fault], sure: Sure) -> Verdict {
    let touched = Touched::between(before.1, after.1);
    let (gone, fresh) = difference(&before.0.faults, &after.0.faults, &touched);
    let (mut wanted, mut went) = (BTreeMap::new(), BTreeMap::new());
    aims.iter().for_each(|f| *wanted.entry(&f.what).or_insert(0) += 1);
    gone.iter().for_each(|f| *went.entry(&f.what).or_insert(0) += 1);
    let view = View { before: before.0, old: before.1, new: after.1, gone: &gone, touched: &touched };
    if let Some(made) = fresh.iter().find(|f| !view.is_revealed(f)) {
        return Verdict::Made(Box::new((*made).clone()));
    }
    if wanted.iter().any(|(what, count)| went.get(what).unwrap_or(&0) < count) {
        return Verdict::Stayed;
    }
    let (on_trust, revealed) = fresh.into_iter().cloned().partition(|f| view.is_doubtful(f, sure));
    Verdict::Better(Fresh { revealed, on_trust })
}

/// Errors that are gone, and errors that are new.
fn difference<'a>(before: &'a [Fault], after: &'a [Fault], touched: &Touched) -> (Vec<&'a Fault>, Vec<&'a Fault>) {
    let mut gone: Vec<&Fault> = before.iter().collect();
    let mut fresh: Vec<&Fault> = after.iter().collect();
    let mut pair = |is_same: &dyn Fn(&Fault, &Fault) -> bool| {
        fresh.retain(|new| match gone.iter().position(|old| is_same(old, new)) {
            Some(at) => {
                gone.remove(at);
                false
            }
            None => true,
        });
    };
    let says_the_same = |old: &Fault, new: &Fault| old.what == new.what;
    pair(&|old, new| says_the_same(old, new) && old.text == new.text);
    // Of two errors on a line that was changed, one may be left.
    let is_on = |fault: &Fault, lines| overlaps(lines, &fault.what.file, &(fault.line..fault.line + 1));
    pair(&|old, new| says_the_same(old, new) && is_on(old, &touched.before) && is_on(new, &touched.after));
    (gone, fresh)
}

/// What is known of a change.
struct View<'a> {
    before: &'a Checked,
    old: &'a Texts,
    new: &'a Texts,
    gone: &'a [&'a Fault],
    touched: &'a Touched,
}

impl View<'_> {
    fn is_revealed(&self, new: &Fault) -> bool {
        if self.before.is_clean(&new.unit) || new.line == 0 {
            return false;
        }
        if !self.before.was_reached(&new.unit) {
            return true;
        }
        let own = body(self.new, &new.what, new.line);
        self.gone.iter().filter(|old| old.unit == new.unit && old.phase < new.phase).any(|old| {
            old.phase <= Phase::Names
                || match body(self.old, &old.what, old.line) {
                    None => true,
                    theirs => theirs == own && old.what.file == new.what.file,
                }
        })
    }

    fn is_doubtful(&self, new: &Fault, sure: Sure) -> bool {
        let speaks_of_a_change = new.spoken.iter().any(|(file, lines)| overlaps(&self.touched.after, file, lines));
        speaks_of_a_change || sure == Sure::No && self.may_follow_in_body(new) || self.speaks_of_lost_name(new)
    }

    /// Lines of its own body were changed, and it may have to do with them.
    fn may_follow_in_body(&self, new: &Fault) -> bool {
        let Some(text) = self.new.get(&new.what.file) else { return false };
        let bodies = Bodies::of(text);
        let Some((lines, _)) = bodies.with_lines(new.line) else { return false };
        let changed = self.touched.after.get(&new.what.file).into_iter().flatten().flat_map(Clone::clone);
        let from: Vec<usize> = changed.filter(|line| lines.contains(line)).collect();
        let spoken = new.spoken.iter().filter(|(file, _)| *file == new.what.file).flat_map(|(_, lines)| lines.clone());
        let to: Vec<usize> = spoken.chain([new.line]).collect();
        flow::reaches(text, lines, &from, &to)
    }

    fn speaks_of_lost_name(&self, new: &Fault) -> bool {
        let words = |texts: &Texts, ranges: &BTreeMap<_, Vec<Range<usize>>>| {
            let lines = ranges.iter().flat_map(|(file, ranges)| {
                let text = texts.get(file).map_or("", String::as_str);
                let is_in = |n: usize| ranges.iter().any(|r| r.contains(&n));
                text.lines().enumerate().filter(move |(n, _)| is_in(n + 1)).map(|(_, line)| line).collect::<Vec<_>>()
            });
            lines.flat_map(names).map(str::to_owned).collect::<Vec<_>>()
        };
        let kept = words(self.new, &self.touched.after);
        let lost = words(self.old, &self.touched.before).into_iter().filter(|name| !kept.contains(name));
        lost.into_iter().any(|name| names(&new.report.message.message).any(|n| n == name))
    }
}

/// What may be a name in a text.
fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|w| w.starts_with(|c: char| c.is_alphabetic() || c == '_'))
}

fn body(texts: &Texts, what: &What, line: usize) -> Option<String> {
    Bodies::of(texts.get(&what.file)?).at(line).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::advise::fix::fault::{faults, tests::report};

    const BEFORE: &str = "fn a() {\n    one();\n    two(x);\n    other();\n}\nfn b() {\n    three();\n}\n";
    const AFTER: &str = "fn a() {\n    ONE(x);\n    two(x);\n    other();\n}\nfn b() {\n    three();\n}\n";

    fn checked(all: &[(&str, &str, usize)]) -> Checked {
        let reports: Vec<_> = all.iter().map(|(code, text, line)| report(code, "m", ("src/lib.rs", *line, text))).collect();
        Checked { faults: faults(&reports, Path::new("/w")), clean: Vec::new() }
    }

    fn texts(text: &str) -> Texts {
        [("src/lib.rs".into(), text.into())].into()
    }

    fn verdict(before: &Checked, after: &Checked, sure: Sure) -> Verdict {
        judge((before, &texts(BEFORE)), (after, &texts(AFTER)), &[&before.faults[0]], sure)
    }

    const NAMES: (&str, &str, usize) = ("E0425", "one();", 2);
    const TYPES: (&str, &str, usize) = ("E0308", "one();", 2);

    #[test]
    fn gone_stayed_or_moved() {
        let before = checked(&[TYPES]);
        assert_eq!(verdict(&before, &checked(&[]), Sure::No), Verdict::Better(Fresh::default()));
        assert_eq!(verdict(&before, &before, Sure::Yes), Verdict::Stayed);
        assert_eq!(verdict(&before, &checked(&[("E0308", "ONE(x);", 2)]), Sure::Yes), Verdict::Stayed);
        let moved = verdict(&before, &checked(&[("E0308", "two(x);", 3)]), Sure::Yes);
        assert!(matches!(moved, Verdict::Made(_)), "{moved:?}");
        let two = checked(&[TYPES, ("E0308", "one();", 2), ("E0277", "three();", 7)]);
        assert_eq!(two.faults.len(), 2, "told twice");
        assert_eq!(verdict(&two, &checked(&[("E0277", "three();", 7)]), Sure::Yes), Verdict::Better(Fresh::default()));
    }

    #[test]
    fn what_was_hidden_is_revealed() {
        let (names, types) = (checked(&[NAMES]), checked(&[TYPES]));
        let revealed = |before: &Checked, after: (&str, &str, usize), sure| match verdict(before, &checked(&[after]), sure) {
            Verdict::Better(fresh) => fresh.revealed.len() + 10 * fresh.on_trust.len(),
            _ => 0,
        };
        // Later, in another body: only if names hid it.
        assert_eq!(revealed(&names, ("E0308", "three();", 7), Sure::No), 1);
        assert_eq!(revealed(&types, ("E0382", "three();", 7), Sure::Yes), 0);
        // Later, in the same body: a guess has to mend it as well, unless it has nothing to do with it.
        assert_eq!(revealed(&types, ("E0382", "two(x);", 3), Sure::Yes), 1);
        assert_eq!(revealed(&types, ("E0382", "two(x);", 3), Sure::No), 10);
        assert_eq!(revealed(&types, ("E0382", "other();", 4), Sure::No), 1);
        // On the changed line as well, even if the compiler is sure.
        assert_eq!(revealed(&names, ("E0382", "ONE(x);", 2), Sure::Yes), 10);
        // Of the same phase or of an earlier one: made.
        assert_eq!(revealed(&types, ("E0277", "two(x);", 3), Sure::Yes), 0);
        assert_eq!(revealed(&types, ("E0425", "three();", 7), Sure::Yes), 0);
        assert_eq!(revealed(&types, ("", "three();", 7), Sure::Yes), 0);
    }

    #[test]
    fn a_name_that_was_taken_away_is_still_used() {
        let before = checked(&[NAMES]);
        let mut after = checked(&[("E0308", "three();", 7)]);
        after.faults[0].report.message.message = "expected `one`".into();
        let Verdict::Better(fresh) = verdict(&before, &after, Sure::Yes) else { panic!("it is better for now") };
        assert_eq!((fresh.revealed.len(), fresh.on_trust.len()), (0, 1));
    }

    #[test]
    fn units_that_were_clean_stay_so() {
        let mut before = checked(&[NAMES]);
        let mut after = checked(&[("E0382", "x", 7)]);
        after.faults[0].unit = Unit("other".into());
        assert!(
            matches!(verdict(&before, &after, Sure::Yes), Verdict::Better(fresh) if fresh.revealed.len() == 1),
            "never compiled"
        );
        before.clean.push(Unit("other".into()));
        assert!(matches!(verdict(&before, &after, Sure::Yes), Verdict::Made(_)));
    }

    #[test]
    fn one_of_two_on_a_line_may_stay() {
        let mut before = checked(&[TYPES, ("E0277", "one();", 2)]);
        before.faults[1].what.message = "left".into();
        let mut after = checked(&[("E0277", "ONE(x);", 2)]);
        after.faults[0].what.message = "left".into();
        assert_eq!(verdict(&before, &after, Sure::Yes), Verdict::Better(Fresh::default()));
    }
}
