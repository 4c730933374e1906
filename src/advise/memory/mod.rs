//! How errors were mended before: noted when they are explained, learned when a later build no longer has them.
//!
//! The rules, all of which err on the side of remembering nothing:
//! - An error is *open* from when it was explained ([`open`]). With it stand the items that its places are in (`items`), without
//!   secrets, and the branch.
//! - It is *mended* when its package has compiled without any error, on the same branch: the same command has succeeded, or the build
//!   has compiled one of the targets that had it. One that nobody has mended for a week is let go.
//! - The mend is what those items have become ([`difference`]): at most 40 changed lines, each hunk that of the error it stands next to. An
//!   item that is gone teaches nothing, nor do lines that were only removed (unless the error was that something stands there
//!   twice), commented out, laid out anew, or replaced by `todo!()`.
//! - A mend is found again by what its errors are like ([`kind`]): once with all names, once with those of the user's own left out.
//!
//! Nothing here talks to the store's owner, prints, or fails a build: what cannot be read or written is not remembered.

pub mod difference;
mod items;
pub mod kind;
mod known;
pub mod open;

use std::collections::HashSet;

use super::group::Group;
use crate::store::{KnownMend, MendKind};

/// Errors of one group that are looked at; the others are of the same kind.
const KINDS: usize = 4;
/// Mends that are told of one group.
const TOLD: usize = 2;
/// Files of a mend.
const FILES: usize = 6;

/// A mend that is to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub mend: KnownMend,
    /// The very same error; else one of the same kind.
    pub is_exact: bool,
}

/// What the errors of a group are like, once each.
pub fn kinds(group: &Group) -> Vec<MendKind> {
    let mut kinds: Vec<MendKind> = Vec::new();
    for finding in &group.errors {
        let kind = kind::of(&finding.report.message);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
        if kinds.len() >= KINDS {
            break;
        }
    }
    kinds
}

/// The mends to tell of errors of these kinds, the same error's first, then the newest.
pub fn past(kinds: &[MendKind], known: &[KnownMend]) -> Vec<Past> {
    let is = |mend: &KnownMend, same: &dyn Fn(&MendKind, &MendKind) -> bool| {
        mend.kinds.iter().any(|a| kinds.iter().any(|b| same(a, b)))
    };
    let mut seen = HashSet::new();
    let mut all: Vec<Past> = known
        .iter()
        .filter(|mend| is(mend, &|a, b| a.alike == b.alike))
        .map(|mend| Past { mend: mend.clone(), is_exact: is(mend, &|a, b| a.exact == b.exact) })
        .collect();
    all.sort_by_key(|past| (!past.is_exact, std::cmp::Reverse(past.mend.at)));
    all.retain(|past| seen.insert(past.mend.files.iter().map(|f| f.lines.clone()).collect::<Vec<_>>()));
    all.truncate(TOLD);
    all
}

/// The same in words, for who is asked about the error. Without a date, so that the same question stays the same.
pub fn note(past: &Past) -> String {
    let which = if past.is_exact { "the same error" } else { "an error of the same kind" };
    let mut text = format!("The programmer has mended {which} before, in the package `{}`, like this:", past.mend.package);
    for file in &past.mend.files {
        text.push_str(&format!("\n{}:\n{}", file.file, file.lines.join("\n")));
    }
    text
}
