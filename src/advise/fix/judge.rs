//! Whether a change has made it better: the errors that it was made for are gone, and no other has come.
//!
//! An error that hides later ones is mended only by letting them be seen, so not everything that is seen for the first time
//! was made by the change. It is taken for *revealed* if
//!
//! - it speaks of no line that was changed, and
//! - its unit was not compiled before, or an error is gone that was found in an earlier phase and hid it: one of syntax or of
//!   names hides all that is in its unit, one of types what is in the same body, or anything if it is in none.
//!
//! In a unit that was free of errors nothing is ever revealed. Where the change is a guess of the compiler's, or of others, an
//! error in the very body that was changed counts as made: a wrong guess shows as an error further down.

use std::collections::BTreeMap;

use super::{
    bodies::Bodies,
    fault::{Fault, Unit, What},
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

/// What became of the errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Better; with the errors that can be seen only now.
    Better(Vec<Fault>),
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
    let revealed = |fault: &Fault| is_revealed(fault, before, after.1, &gone, &touched, sure);
    if let Some(made) = fresh.iter().find(|f| !revealed(f)) {
        return Verdict::Made(Box::new((*made).clone()));
    }
    if wanted.iter().any(|(what, count)| went.get(what).unwrap_or(&0) < count) {
        return Verdict::Stayed;
    }
    Verdict::Better(fresh.into_iter().cloned().collect())
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

fn is_revealed(
    new: &Fault,
    (before, old_texts): (&Checked, &Texts),
    new_texts: &Texts,
    gone: &[&Fault],
    touched: &Touched,
    sure: Sure,
) -> bool {
    let speaks_of_a_change = new.spoken.iter().any(|(file, lines)| overlaps(&touched.after, file, lines));
    if speaks_of_a_change || before.is_clean(&new.unit) || new.line == 0 {
        return false;
    }
    let own = body(new_texts, &new.what, new.line);
    if sure == Sure::No && own.is_some() && own == changed_body(new, new_texts, touched, own.as_deref()) {
        return false;
    }
    if !before.was_reached(&new.unit) {
        return true;
    }
    gone.iter().filter(|old| old.unit == new.unit && old.phase < new.phase).any(|old| {
        old.phase <= Phase::Names
            || match body(old_texts, &old.what, old.line) {
                None => true,
                theirs => theirs == own && old.what.file == new.what.file,
            }
    })
}

fn body(texts: &Texts, what: &What, line: usize) -> Option<String> {
    Bodies::of(texts.get(&what.file)?).at(line).map(str::to_owned)
}

/// The body, if lines of it were changed.
fn changed_body(new: &Fault, texts: &Texts, touched: &Touched, own: Option<&str>) -> Option<String> {
    let bodies = Bodies::of(texts.get(&new.what.file)?);
    let mut lines = touched.after.get(&new.what.file)?.iter().flat_map(Clone::clone);
    lines.find_map(|line| bodies.at(line).filter(|b| Some(*b) == own)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::advise::fix::fault::{faults, tests::report};

    const BEFORE: &str = "fn a() {\n    one();\n    two();\n}\nfn b() {\n    three();\n}\nstruct S;\n";
    const AFTER: &str = "fn a() {\n    ONE();\n    two();\n}\nfn b() {\n    three();\n}\nstruct S;\n";

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
        assert_eq!(verdict(&before, &checked(&[]), Sure::No), Verdict::Better(Vec::new()));
        assert_eq!(verdict(&before, &before, Sure::Yes), Verdict::Stayed);
        assert_eq!(verdict(&before, &checked(&[("E0308", "ONE();", 2)]), Sure::Yes), Verdict::Stayed);
        let moved = verdict(&before, &checked(&[("E0308", "two();", 3)]), Sure::Yes);
        assert!(matches!(moved, Verdict::Made(_)), "{moved:?}");
        let two = checked(&[TYPES, ("E0308", "one();", 2), ("E0277", "three();", 6)]);
        assert_eq!(two.faults.len(), 2, "told twice");
        assert_eq!(verdict(&two, &checked(&[("E0277", "three();", 9)]), Sure::Yes), Verdict::Better(Vec::new()));
    }

    #[test]
    fn what_was_hidden_is_revealed() {
        let (names, types) = (checked(&[NAMES]), checked(&[TYPES]));
        let revealed = |before: &Checked, after: (&str, &str, usize), sure| matches!(verdict(before, &checked(&[after]), sure), Verdict::Better(fresh) if fresh.len() == 1);
        // Later, in another body: only if names hid it.
        assert!(revealed(&names, ("E0308", "three();", 6), Sure::No));
        assert!(!revealed(&types, ("E0382", "three();", 6), Sure::Yes));
        // Later, in the same body: not after a guess.
        assert!(revealed(&types, ("E0382", "two();", 3), Sure::Yes));
        assert!(!revealed(&types, ("E0382", "two();", 3), Sure::No));
        // On the changed line, of the same phase or of an earlier one: made.
        assert!(!revealed(&names, ("E0382", "ONE();", 2), Sure::Yes));
        assert!(!revealed(&types, ("E0277", "two();", 3), Sure::Yes));
        assert!(!revealed(&types, ("E0425", "three();", 6), Sure::Yes));
        assert!(!revealed(&types, ("", "three();", 6), Sure::Yes));
    }

    #[test]
    fn units_that_were_clean_stay_so() {
        let mut before = checked(&[NAMES]);
        let mut after = checked(&[("E0382", "x", 6)]);
        after.faults[0].unit = Unit("other".into());
        assert!(matches!(verdict(&before, &after, Sure::Yes), Verdict::Better(fresh) if fresh.len() == 1), "never compiled");
        before.clean.push(Unit("other".into()));
        assert!(matches!(verdict(&before, &after, Sure::Yes), Verdict::Made(_)));
    }

    #[test]
    fn one_of_two_on_a_line_may_stay() {
        let mut before = checked(&[TYPES, ("E0277", "one();", 2)]);
        before.faults[1].what.message = "left".into();
        let mut after = checked(&[("E0277", "ONE();", 2)]);
        after.faults[0].what.message = "left".into();
        assert_eq!(verdict(&before, &after, Sure::Yes), Verdict::Better(Vec::new()));
    }
}
