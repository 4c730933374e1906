//! The lookup: recorded input sets under the invocation key, each digested into an action key, the first that has a result.

use std::os::unix::ffi::OsStrExt;

use super::{Engine, Prepared, plan::Plan};
use crate::{
    artifact::{
        Manifest,
        record::{Action, Split},
    },
    base::digest::{Digest, DigestFile},
    events::Reason,
    fingerprint::{Component, InputSet, Part, explain::Change, inputs},
    rustc::WhyNot,
};

/// What the store has to say.
pub enum Answer {
    Hit { plan: Box<Plan>, found: Box<Found> },
    Miss(Reason),
}

/// A result and where it was found.
pub struct Found {
    pub action: Digest,
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
        for set in record.input_sets.iter().filter_map(|key| self.store.input_set(key)) {
            if let Some(found) = self.try_set(prepared, &set, &mut search)? {
                match self.plan(prepared, &found.manifest) {
                    Some(plan) => {
                        self.store.used(&prepared.key.key, &found.action);
                        return Ok(Answer::Hit { plan: Box::new(plan), found: Box::new(found) });
                    }
                    None => {
                        damaged = true;
                        drop(self.store.remove_action(&found.action));
                    }
                }
            }
        }
        let reason = if damaged { Reason::Damaged } else { self.explain(prepared, &search) };
        Ok(Answer::Miss(reason))
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
        let found = match self.store.action(&action) {
            Some(Action::Done(manifest)) => Some(Found { action, manifest }),
            Some(Action::Split(split)) => {
                let extended = extended_key(prepared, action, split);
                components.extend(split_components(prepared, split));
                match self.store.action(&extended) {
                    Some(Action::Done(manifest)) => {
                        self.store.touch(&action);
                        Some(Found { action: extended, manifest })
                    }
                    _ => None,
                }
            }
            Some(Action::Refused(why)) => return Err(why),
            None => None,
        };
        if first {
            search.action = Some(components);
        }
        Ok(found)
    }
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
