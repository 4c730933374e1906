//! Why a lookup missed: the most similar earlier compile of the same unit, compared component by component.

use super::{Engine, Prepared, find::Search};
use crate::{
    events::Reason,
    fingerprint::{
        Component, Part,
        explain::{Change, differences},
    },
};

impl Engine {
    /// The reason for a fruitless search.
    pub(super) fn explain(&self, prepared: &Prepared, search: &Search) -> Reason {
        let snapshots = self.store.unit(&prepared.label);
        if snapshots.is_empty() {
            return Reason::FirstSeen;
        }
        if let Some(gone) = &search.gone {
            return Reason::Changed(vec![gone.clone()]);
        }
        let mut now = [&prepared.key.components[..], &prepared.given.components[..]].concat();
        now.extend(search.action.iter().flatten().cloned());
        let complete = search.action.is_some();
        let closest = snapshots
            .iter()
            .map(|s| differences(&comparable(&s.components, &now, complete), &now))
            .min_by_key(Vec::len)
            .unwrap_or_default();
        match tell(closest) {
            changes if changes.is_empty() => Reason::NotStored,
            changes => Reason::Changed(changes),
        }
    }
}

/// Without a recorded input set, nothing is known of sources and the variables they read. Whether a result will depend on
/// the place or the terminal's width is known only where there was one under the same action key.
fn comparable(old: &[Component], now: &[Component], complete: bool) -> Vec<Component> {
    let count = |list: &[Component], c: &Component| list.iter().filter(|n| n.part == c.part && n.name == c.name).count();
    let mut kept: Vec<Component> = Vec::with_capacity(old.len());
    for c in old {
        let keep = match c.part {
            Part::Location | Part::Width => count(&kept, c) < count(now, c),
            _ if complete => true,
            Part::Source | Part::MacroInput => false,
            // A variable may count twice: always, and because the source names it.
            Part::Environment => count(&kept, c) < count(now, c),
            _ => true,
        };
        if keep {
            kept.push(c.clone());
        }
    }
    kept
}

/// Cargo's hashes follow from everything else: they are named only where nothing more telling differs.
fn tell(mut changes: Vec<Change>) -> Vec<Change> {
    let hash = |c: &Change| c.part == Part::Argument && (c.name == "-C metadata" || c.name == "-C extra-filename");
    if changes.iter().any(|c| !hash(c)) {
        changes.retain(|c| !hash(c));
    }
    changes.sort_by_key(|c| rank(c.part));
    changes
}

/// The most telling kind first.
fn rank(part: Part) -> u8 {
    match part {
        Part::Toolchain => 0,
        Part::Configuration => 1,
        Part::Source => 2,
        Part::Feature => 3,
        Part::Environment => 4,
        Part::Native | Part::Linker => 5,
        Part::MacroInput => 6,
        Part::Argument => 7,
        Part::Dependency => 8,
        Part::Location | Part::Width => 9,
    }
}
