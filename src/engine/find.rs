//! The lookup: recorded input sets under the invocation key, each digested into an action key, the first that has a result.

use std::os::unix::ffi::OsStrExt;

use super::{Engine, Prepared, cut_off::Candidate, plan::Plan, relink::Relink};
use crate::{
    artifact::{
        Manifest,
        record::{Action, Split},
    },
    base::digest::{Digest, DigestFile, KeyHasher},
    events::{CutOff, HitKind, Outcome, Reason, Refusal},
    fingerprint::{Component, InputSet, Part, explain::Change, inputs},
    rustc::WhyNot,
};

/// What the store has to say.
pub enum Answer {
    Hit { plan: Box<Plan>, found: Box<Found> },
    Miss(Box<Missed>),
}

/// Why it has to be compiled, and what may be spared after that.
#[derive(Debug)]
pub struct Missed {
    pub reason: Reason,
    pub cut_off: CutOff,
    /// Earlier results whose metadata may go on standing for this unit.
    pub candidate: Option<Candidate>,
    /// The linker alone has to run.
    pub relink: Option<Box<Relink>>,
}

impl Missed {
    /// Nothing can be spared after all.
    pub fn refuse(&mut self, why: Refusal) {
        self.candidate = None;
        self.cut_off = CutOff::Refused(why);
    }

    /// What there is to tell when the compile has ended.
    pub fn into_outcome(self, compile_ms: u64) -> Outcome {
        Outcome::Miss { reason: self.reason, cut_off: self.cut_off, compile_ms }
    }
}

/// A result and where it was found.
pub struct Found {
    pub kind: HitKind,
    pub action: Digest,
    /// The exact key of what went in; the action's own unless that says to look elsewhere.
    pub sources: Digest,
    /// A crate behind it keeps the metadata of an earlier version.
    pub cut_off: bool,
    pub manifest: Manifest,
}

/// What a fruitless search has learnt.
#[derive(Default)]
pub(super) struct Search {
    /// Components of the newest input set's action key.
    pub action: Option<Vec<Component>>,
    /// An input that the newest set names and that is gone (or a file that must not be there and is).
    pub gone: Option<Change>,
}

impl Engine {
    /// Looks a prepared invocation up.
    ///
    /// # Errors
    /// [`WhyNot`] if an input turns out to be one that forbids caching.
    pub fn find(&self, prepared: &Prepared) -> Result<Answer, WhyNot> {
        let mut search = Search::default();
        let mut damaged = false;
        let record = self.store.invocation(&prepared.key.key).unwrap_or_default();
        let sets: Vec<InputSet> = record.input_sets.iter().filter_map(|key| self.store.input_set(key)).collect();
        let read = || sets.iter().flat_map(|s| s.env.iter().map(String::as_str));
        for set in &sets {
            if let Some(found) = self.try_set(prepared, set, &mut search)? {
                match self.plan(prepared, &found.manifest) {
                    Some(plan) => {
                        self.note_command(prepared, read(), Some(found.sources));
                        return Ok(self.hit(prepared, plan, found));
                    }
                    None => {
                        damaged = true;
                        drop(self.store.remove_action(&found.action));
                    }
                }
            }
        }
        self.note_command(prepared, read(), None);
        let reason = if damaged { Reason::Damaged } else { self.explain(prepared, &search) };
        let mut missed = Missed { reason, cut_off: CutOff::NotTried, candidate: None, relink: None };
        match self.by_meaning(prepared, &sets, &mut missed)? {
            Some((plan, found)) => {
                self.note_command(prepared, read(), Some(found.sources));
                Ok(self.hit(prepared, plan, found))
            }
            None => {
                missed.relink = self.relink(prepared, &sets, &missed.reason)?;
                Ok(Answer::Miss(Box::new(missed)))
            }
        }
    }

    fn hit(&self, prepared: &Prepared, plan: Plan, mut found: Found) -> Answer {
        self.store.used(&prepared.key.key, &found.action);
        found.cut_off = self.sees_a_graft(prepared);
        if found.kind == HitKind::Exact && found.cut_off {
            found.kind = HitKind::CutOff;
        }
        Answer::Hit { plan: Box::new(plan), found: Box::new(found) }
    }

    fn try_set(&self, prepared: &Prepared, set: &InputSet, search: &mut Search) -> Result<Option<Found>, WhyNot> {
        let files: &dyn DigestFile = &self.store;
        let first = search.action.is_none() && search.gone.is_none();
        let (action, mut components) = match prepared.context(files).action(&prepared.given, set)? {
            Ok(made) => made,
            Err(gone) => {
                if first {
                    search.gone = Some(gone);
                }
                return Ok(None);
            }
        };
        let mut found = self.resolve(prepared, action, HitKind::Exact, &mut components)?;
        if found.is_none() && prepared.may_drift() {
            let drifted = self.resolve(prepared, drifted_key(&action), HitKind::Exact, &mut Vec::new())?;
            found = drifted.map(|found| Found { sources: action, ..found });
        }
        if first {
            search.action = Some(components);
        }
        Ok(found)
    }

    /// The result under an action key, or under the key that it is extended to here.
    ///
    /// # Errors
    /// [`WhyNot`] if what this compile makes is never kept.
    pub(super) fn resolve(
        &self,
        prepared: &Prepared,
        action: Digest,
        kind: HitKind,
        components: &mut Vec<Component>,
    ) -> Result<Option<Found>, WhyNot> {
        match self.store.action(&action) {
            Some(Action::Done(manifest)) => Ok(Some(Found { kind, action, sources: action, cut_off: false, manifest })),
            Some(Action::Split(split)) => {
                let extended = extended_key(prepared, action, split);
                components.extend(split_components(prepared, split));
                let Some(Action::Done(manifest)) = self.store.action(&extended) else { return Ok(None) };
                self.store.touch(&action);
                Ok(Some(Found { kind, action: extended, sources: action, cut_off: false, manifest }))
            }
            Some(Action::Refused(why)) => Err(why),
            Some(Action::Link(_) | Action::State(_) | Action::Unit(_) | Action::Member(_)) | None => Ok(None),
        }
    }
}

/// The key of a result whose lines lag behind its sources: where exact ones are wanted, nobody looks there.
pub(super) fn drifted_key(action: &Digest) -> Digest {
    KeyHasher::new("drifted").field("action", &action.0).finish()
}

/// The digest of the values that a split asks for, but for the terminal's width.
pub(super) fn place_digest(prepared: &Prepared, split: Split) -> Digest {
    extended_key(prepared, Digest([0; 32]), Split { width: false, ..split })
}

/// The values that a split asks for, in a fixed order.
fn split_values(prepared: &Prepared, split: Split) -> Vec<(Part, &'static str, &[u8])> {
    let mut values: Vec<(Part, &'static str, &[u8])> = Vec::new();
    if split.cwd {
        values.push((Part::Location, "the working directory", prepared.places.cwd.as_os_str().as_bytes()));
    }
    if split.build_out {
        let path = prepared.places.build_out.as_ref().map_or(&b""[..], |p| p.as_os_str().as_bytes());
        values.push((Part::Location, "OUT_DIR", path));
    }
    if split.width {
        let width = prepared.inv.diagnostic_width.as_deref().unwrap_or_default();
        values.push((Part::Width, "width", width.as_bytes()));
    }
    values
}

/// The key under which the result stands when the action key alone is not enough.
pub(super) fn extended_key(prepared: &Prepared, action: Digest, split: Split) -> Digest {
    let values: Vec<&[u8]> = split_values(prepared, split).into_iter().map(|(_, _, v)| v).collect();
    inputs::extend(action, &values)
}

/// The same as components, for explanations.
pub(super) fn split_components(prepared: &Prepared, split: Split) -> Vec<Component> {
    let mut parts = crate::fingerprint::Components::new("split");
    for (part, name, value) in split_values(prepared, split) {
        parts.value(part, name, value);
    }
    parts.finish().1
}
