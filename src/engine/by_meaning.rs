//! The lookup by meaning: results for other sources from which the compiler would have made the same, and results whose
//! metadata can go on standing for this unit.

use super::{
    Engine, Prepared,
    cut_off::Candidate,
    find::{Found, Missed},
    levels::{Interface, Levels, PLACED},
    plan::Plan,
    understand::Understood,
};
use crate::{
    base::digest::Digest,
    events::{CutOff, HitKind, Reason, Refusal},
    fingerprint::{InputSet, Part, explain::How},
    rustc::WhyNot,
    semantic::keys::Level,
    store::Alike,
};

/// Input sets that are looked at, the newest ones: each costs a look at every source.
const SETS: usize = 3;

impl Engine {
    /// A result by meaning, if there is one; else `missed` learns what may be spared after the compile.
    ///
    /// # Errors
    /// [`WhyNot`] if an input turns out to be one that forbids caching.
    pub(super) fn by_meaning(
        &self,
        prepared: &Prepared,
        sets: &[InputSet],
        missed: &mut Missed,
    ) -> Result<Option<(Plan, Found)>, WhyNot> {
        if sets.is_empty() {
            return Ok(None); // Nothing of the kind was ever compiled.
        }
        let levels = match Levels::of(prepared) {
            Ok(levels) => levels,
            Err(why) => {
                missed.cut_off = why.filter(|_| is_an_edit(&missed.reason)).map_or(CutOff::NotTried, CutOff::Refused);
                return Ok(None);
            }
        };
        let mut newest = None;
        for set in sets.iter().take(SETS) {
            let Some(understood) = self.understand(prepared, &levels, set)? else { continue };
            for level in levels.semantic {
                let Some(key) = understood.key(*level) else { continue };
                if let Some(hit) = self.alike_result(prepared, (set, &understood), *level, &key)? {
                    return Ok(Some(hit));
                }
            }
            if missed.candidate.is_none() && is_an_edit(&missed.reason) {
                missed.candidate = self.candidate(prepared, &levels, &understood);
            }
            newest.get_or_insert(understood);
        }
        if missed.candidate.is_none()
            && let Some(understood) = newest
        {
            missed.cut_off = self.refusal(prepared, &levels, &understood, &missed.reason);
        }
        Ok(None)
    }

    fn candidate(&self, prepared: &Prepared, levels: &Levels, understood: &Understood) -> Option<Candidate> {
        let (wanted, masked) = match levels.interface {
            Interface::At(wanted) => (wanted, false),
            Interface::Masked(wanted) => (wanted, true),
            Interface::None | Interface::Never(_) => return None,
        };
        let mut keys = wanted.iter().filter_map(|level| understood.key(*level));
        let mut candidate = keys.find_map(|key| Candidate::new(self, prepared, &key, masked, &understood.paths))?;
        if prepared.may_drift() {
            let placed: Vec<Digest> = PLACED.iter().filter_map(|level| understood.key(*level)).collect();
            candidate.may_drift(self, &placed);
        }
        Some(candidate)
    }

    /// The result for sources of the same meaning, with its messages true for the sources as they are now.
    fn alike_result(
        &self,
        prepared: &Prepared,
        (set, understood): (&InputSet, &Understood),
        level: Level,
        key: &Digest,
    ) -> Result<Option<(Plan, Found)>, WhyNot> {
        let Some(Alike { action, contents }) = self.store.alike(key) else { return Ok(None) };
        let Some(mut found) = self.resolve(prepared, action, HitKind::Semantic, &mut Vec::new())? else { return Ok(None) };
        let Some(mut plan) = self.plan(prepared, &found.manifest) else {
            drop(self.store.remove_action(&found.action));
            return Ok(None);
        };
        let Ok((exact, _)) = prepared.context(&self.store).action(&prepared.given, set)? else { return Ok(None) };
        found.sources = exact;
        Ok(self.retarget(prepared, understood, level, &contents, &mut plan).map(|()| (plan, found)))
    }

    /// Why dependents will have to know of this compile.
    fn refusal(&self, prepared: &Prepared, levels: &Levels, understood: &Understood, reason: &Reason) -> CutOff {
        let Reason::Changed(changes) = reason else { return CutOff::NotTried };
        if changes.iter().any(|c| c.part != Part::Source || c.how != How::Changed) {
            return CutOff::NotTried;
        }
        let library = match &levels.interface {
            Interface::Never(why) => return CutOff::Refused(why.clone()),
            Interface::None => false,
            Interface::At(_) | Interface::Masked(_) => true,
        };
        for change in changes {
            if let Some(why) = understood.as_it_stands(&change.name) {
                return CutOff::Refused(Refusal::AsItStands { file: change.name.clone(), why });
            }
        }
        if !library {
            return CutOff::NotTried;
        }
        let before = self.store.unit(&prepared.label).into_iter().find(|s| !s.sketch.is_empty()).map(|s| s.sketch);
        let now = understood.sketch();
        let mut moved = None;
        for file in &now {
            let Some(old) = before.iter().flatten().find(|o| o.name == file.name && o.content != file.content) else { continue };
            if file.loose.is_none() || old.loose != file.loose {
                return CutOff::Refused(Refusal::Interface { file: file.name.clone() });
            }
            if old.interface != file.interface {
                moved.get_or_insert(file.name.clone());
            }
        }
        CutOff::Refused(moved.map_or(Refusal::NothingLeft, |file| Refusal::Moved { file }))
    }
}

/// Somebody has edited a source, and nothing else is different.
fn is_an_edit(reason: &Reason) -> bool {
    matches!(reason, Reason::Changed(changes) if changes.iter().all(|c| c.part == Part::Source))
}
