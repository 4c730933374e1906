//! Which changes are tried, in which order: all that the compiler is sure of together, then what it guesses, and one by one
//! what does not help together. What is mended lets other errors be seen, so there are several rounds. What was kept on trust is
//! taken back at the end, with all that came after it, if what it brought to light could not be mended as well.
//!
//! It must never keep a change that [`judge`] has not found better. Time is bounded by the number of checks.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use super::{
    FixError,
    fault::Fault,
    judge::{Checked, Fresh, Sure, Verdict, judge},
    patch::{Edit, Patch, Texts, apply},
    suggest::{Idea, ideas},
};

/// Rounds at most.
const ROUNDS: usize = 4;
/// Checks at most.
const CHECKS: usize = 40;
/// Ways to carry out one idea, all of which are tried.
const WAYS: usize = 5;

/// A workspace in which something can be tried.
pub trait Trial {
    /// Of the workspace as the compiler sees it.
    fn root(&self) -> &Path;
    /// The text of a source that may be changed, as it was copied.
    fn load(&mut self, file: &Path) -> Option<String>;
    /// What a check of the workspace says when these sources have these texts. Every file ever given is given each time.
    ///
    /// # Errors
    /// If it cannot be checked; that it has errors is none.
    fn check(&mut self, texts: &Texts) -> Result<Checked, FixError>;
}

/// An error that is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    pub error: String,
    /// What was done, in the words of whoever has proposed it.
    pub how: String,
    pub sure: Sure,
}

/// Why a proposal was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declined {
    /// The error was still there.
    NoHelp,
    /// This one came.
    Worse(String),
    /// There is more than one way that compiles, and nobody knows which is meant.
    Ambiguous(Vec<String>),
    /// Too many ways to try them.
    Many(usize),
    /// It does not fit the sources, or reaches beyond them.
    Unfit,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sources that changed: as they were, as they are to be.
    pub before: Texts,
    pub after: Texts,
    pub mended: Vec<Mended>,
    /// Errors whose proposals did not help, with what was tried.
    pub declined: Vec<(String, String, Declined)>,
    /// Errors that were hidden by others, and are seen now.
    pub revealed: Vec<String>,
    /// Errors that are left.
    pub left: usize,
    pub checks: usize,
    /// There was more to be tried.
    pub cut_short: bool,
}

/// Mends with what the compiler proposes, and then with what others do for the errors that are left: kept if at least one error is
/// gone and none was made.
///
/// # Errors
/// If nothing can be tried, or there is no error in the copy.
pub fn mend(trial: &mut dyn Trial, others: &[Patch]) -> Result<Outcome, FixError> {
    let mut work = Work::begin(trial)?;
    loop {
        for _ in 0..ROUNDS {
            let known = work.state.faults.clone();
            if known.is_empty() || !work.round(&known)? {
                break;
            }
        }
        if !work.takes_back() {
            break;
        }
    }
    for patch in others {
        if work.state.faults.is_empty() {
            break;
        }
        work.stranger(patch)?;
    }
    while work.takes_back() {}
    Ok(work.end())
}

/// What is known so far.
struct Work<'a> {
    trial: &'a mut dyn Trial,
    /// Every source that was looked at, as it was and as it is.
    original: Texts,
    texts: Texts,
    state: Checked,
    refused: HashSet<Key>,
    trusted: Vec<Trusted>,
    /// Several changes at once have led astray.
    singly: bool,
    out: Outcome,
}

/// A change that is good only if these errors go as well, and how all was before it.
struct Trusted {
    texts: Texts,
    state: Checked,
    mended: usize,
    revealed: usize,
    errors: Vec<Fault>,
    /// Nothing if it was more than one.
    tried: Option<Tried>,
}

/// One change.
struct Tried {
    error: String,
    how: String,
    /// By which it is not tried again.
    again: Option<Key>,
}

/// A proposal that was tried, found again wherever it has moved to.
type Key = (String, PathBuf, String, Vec<String>);

fn key(fault: &Fault, idea: &Idea) -> Key {
    let texts = idea.ways.iter().flat_map(|w| &w.edits).map(|e| e.text.clone()).collect();
    (fault.what.message.clone(), fault.what.file.clone(), fault.text.clone(), texts)
}

impl<'a> Work<'a> {
    fn begin(trial: &'a mut dyn Trial) -> Result<Self, FixError> {
        let state = trial.check(&Texts::new())?;
        if state.faults.is_empty() {
            return Err(FixError::NotThere);
        }
        let out = Outcome { checks: 1, ..Outcome::default() };
        let (original, texts, refused, trusted) = (Texts::new(), Texts::new(), HashSet::new(), Vec::new());
        let mut work = Self { trial, original, texts, state: state.clone(), refused, trusted, singly: false, out };
        work.loads_all(&state);
        Ok(work)
    }

    /// Whether the source may be changed; it is known from now on.
    fn loads(&mut self, file: &Path) -> bool {
        if !self.texts.contains_key(file)
            && let Some(text) = self.trial.load(file)
        {
            self.original.insert(file.to_owned(), text.clone());
            self.texts.insert(file.to_owned(), text);
        }
        self.texts.contains_key(file)
    }

    fn loads_all(&mut self, state: &Checked) {
        for fault in &state.faults {
            self.loads(&fault.what.file);
        }
    }

    /// What is proposed for a fault and was not tried in vain.
    fn open(&mut self, fault: &Fault) -> Vec<Idea> {
        let root = self.trial.root().to_owned();
        let mut all = ideas(fault, &root);
        all.retain(|idea| !self.refused.contains(&key(fault, idea)));
        all.retain(|idea| idea.ways.iter().flat_map(Patch::files).all(|f| self.loads(f)));
        all
    }

    /// Goes through the errors of this state once; whether anything was mended.
    fn round(&mut self, known: &[Fault]) -> Result<bool, FixError> {
        let before = self.out.mended.len();
        for sure in [Sure::Yes, Sure::No] {
            if !self.together(sure)? {
                self.one_by_one(known, sure)?;
            }
        }
        Ok(self.out.mended.len() > before)
    }

    /// Everything of one kind at once; false if that did not help or would have been one alone.
    fn together(&mut self, sure: Sure) -> Result<bool, FixError> {
        let mut all: Vec<(Fault, Patch)> = Vec::new();
        for fault in self.state.faults.clone() {
            let idea = self.open(&fault).into_iter().find(|i| i.sure == sure && (sure == Sure::Yes || i.ways.len() == 1));
            all.extend(idea.and_then(|i| i.ways.into_iter().next()).map(|way| (fault, way)));
        }
        let (texts, taken) = apply(&self.texts, all.iter().map(|(_, patch)| patch));
        if taken.len() < 2 || self.singly || self.is_exhausted() {
            return Ok(false);
        }
        let all: Vec<_> = taken.into_iter().filter_map(|n| all.get(n)).collect();
        let aims: Vec<&Fault> = all.iter().map(|(fault, _)| fault).collect();
        let (verdict, state) = self.attempt(&texts, &aims, sure)?;
        let Verdict::Better(fresh) = verdict else { return Ok(false) };
        let mended = all.iter().map(|(fault, patch)| told(fault, patch, sure)).collect();
        self.keep(texts, state, mended, fresh, None);
        Ok(true)
    }

    /// The errors that are still there, each with its ideas.
    fn one_by_one(&mut self, known: &[Fault], sure: Sure) -> Result<(), FixError> {
        loop {
            let is_known = |f: &Fault| known.iter().any(|k| k.what == f.what && k.text == f.text);
            let faults: Vec<Fault> = self.state.faults.iter().filter(|f| is_known(f)).cloned().collect();
            let mut next = None;
            for fault in faults {
                if let Some(idea) = self.open(&fault).into_iter().find(|i| i.sure == sure) {
                    next = Some((fault, idea));
                    break;
                }
            }
            let Some((fault, idea)) = next else { return Ok(()) };
            if self.is_exhausted() {
                self.out.cut_short = true;
                return Ok(());
            }
            if let Some(why) = self.carry_out(&fault, &idea)? {
                let title = idea.ways.first().map(|w| w.title.clone()).unwrap_or_default();
                self.out.declined.push((fault.headline(), title, why));
                self.refused.insert(key(&fault, &idea));
            }
        }
    }

    /// Tries the ways of one idea, and keeps the one that helps; else says why none was kept.
    fn carry_out(&mut self, fault: &Fault, idea: &Idea) -> Result<Option<Declined>, FixError> {
        if idea.ways.len() > WAYS {
            return Ok(Some(Declined::Many(idea.ways.len())));
        }
        let (mut good, mut why) = (Vec::new(), Declined::Unfit);
        for way in &idea.ways {
            let (texts, taken) = apply(&self.texts, [way]);
            if taken.is_empty() {
                continue;
            }
            match self.attempt(&texts, &[fault], idea.sure)? {
                (Verdict::Better(fresh), state) => good.push((way, texts, state, fresh)),
                (Verdict::Stayed, _) => why = Declined::NoHelp,
                (Verdict::Made(made), _) => why = Declined::Worse(made.headline()),
            }
            if idea.sure == Sure::Yes && !good.is_empty() {
                break;
            }
        }
        // One that brings nothing else to light is better than one that has to be trusted.
        if good.iter().any(|(.., fresh)| fresh.on_trust.is_empty()) {
            good.retain(|(.., fresh)| fresh.on_trust.is_empty());
        }
        if good.len() > 1 {
            return Ok(Some(Declined::Ambiguous(good.iter().map(|(way, ..)| added(way)).collect())));
        }
        let Some((way, texts, state, fresh)) = good.pop() else { return Ok(Some(why)) };
        self.keep(
            texts,
            state,
            vec![told(fault, way, idea.sure)],
            fresh,
            Some(Tried { error: fault.headline(), how: way.title.clone(), again: Some(key(fault, idea)) }),
        );
        Ok(None)
    }

    /// A patch that is not the compiler's. Which error it is for shows by which is gone.
    fn stranger(&mut self, patch: &Patch) -> Result<(), FixError> {
        let declined = |why| (String::new(), patch.title.clone(), why);
        if self.is_exhausted() {
            self.out.cut_short = true;
            return Ok(());
        }
        if !patch.files().into_iter().all(|f| self.loads(f)) {
            self.out.declined.push(declined(Declined::Unfit));
            return Ok(());
        }
        let moved = self.moved(patch).map(|patch| apply(&self.texts, [&patch]));
        let Some((texts, _)) = moved.filter(|(texts, taken)| !taken.is_empty() && *texts != self.texts) else {
            self.out.declined.push(declined(Declined::Unfit));
            return Ok(());
        };
        let count = self.state.faults.len();
        match self.attempt(&texts, &[], Sure::No)? {
            (Verdict::Made(made), _) => self.out.declined.push(declined(Declined::Worse(made.headline()))),
            (Verdict::Better(fresh), state) if state.faults.len() - fresh.revealed.len() - fresh.on_trust.len() < count => {
                let is_left = |f: &Fault| state.faults.iter().any(|s| s.what == f.what && s.text == f.text);
                let gone = self.state.faults.iter().filter(|f| !is_left(f));
                let mended = gone.map(|f| told(f, patch, Sure::No)).collect();
                let tried = Tried { error: String::new(), how: patch.title.clone(), again: None };
                self.keep(texts, state, mended, fresh, Some(tried));
            }
            _ => self.out.declined.push(declined(Declined::NoHelp)),
        }
        Ok(())
    }

    /// A patch for the sources as they were, at the places where its texts stand now.
    fn moved(&self, patch: &Patch) -> Option<Patch> {
        let moved = |edit: &Edit| {
            let old = self.original.get(&edit.file)?.get(edit.start..edit.end)?;
            let now = self.texts.get(&edit.file)?;
            let mut found = now.match_indices(old).map(|(at, _)| at);
            let start = found.next().filter(|_| found.next().is_none())?;
            Some(Edit { start, end: start + old.len(), ..edit.clone() })
        };
        Some(Patch { title: patch.title.clone(), edits: patch.edits.iter().map(moved).collect::<Option<_>>()? })
    }

    fn attempt(&mut self, texts: &Texts, aims: &[&Fault], sure: Sure) -> Result<(Verdict, Checked), FixError> {
        self.out.checks += 1;
        let state = match self.trial.check(texts) {
            // It could be checked without the change.
            Err(FixError::Copy(_)) => return Ok((Verdict::Stayed, self.state.clone())),
            state => state?,
        };
        // What is seen for the first time may be in a source that was never looked at.
        self.loads_all(&state);
        let mut after = self.texts.clone();
        after.extend(texts.clone());
        let verdict = judge((&self.state, &self.texts), (&state, &after), aims, sure);
        Ok((verdict, state))
    }

    fn keep(&mut self, texts: Texts, state: Checked, mended: Vec<Mended>, fresh: Fresh, tried: Option<Tried>) {
        if !fresh.on_trust.is_empty() {
            let (mended, revealed) = (self.out.mended.len(), self.out.revealed.len());
            let (texts, state) = (self.texts.clone(), self.state.clone());
            self.trusted.push(Trusted { texts, state, mended, revealed, errors: fresh.on_trust, tried });
        }
        self.texts.extend(texts);
        self.state = state;
        self.out.mended.extend(mended);
        self.out.revealed.extend(fresh.revealed.iter().map(Fault::headline));
    }

    /// Goes back to before the first change that was trusted in vain; false if there is none.
    fn takes_back(&mut self) -> bool {
        let is_left = |error: &&Fault| self.state.faults.iter().any(|f| f.what == error.what);
        let in_vain = |t: &Trusted| t.errors.iter().find(is_left).map(Fault::headline);
        let found = self.trusted.iter().enumerate().find_map(|(at, t)| Some((at, in_vain(t)?)));
        let Some((at, left)) = found else { return false };
        let Some(back) = self.trusted.drain(at..).next() else { return false };
        // Sources that were looked at since stay known, as they were.
        let known = self.original.iter().map(|(file, text)| (file.clone(), text.clone()));
        self.texts = known.chain(back.texts).collect();
        self.state = back.state;
        self.out.mended.truncate(back.mended);
        self.out.revealed.truncate(back.revealed);
        match back.tried {
            Some(tried) => {
                self.out.declined.push((tried.error, tried.how, Declined::Worse(left)));
                self.refused.extend(tried.again);
            }
            None => self.singly = true,
        }
        true
    }

    fn is_exhausted(&self) -> bool {
        self.out.checks >= CHECKS
    }

    fn end(mut self) -> Outcome {
        for (file, text) in self.texts {
            if let Some(before) = self.original.remove(&file).filter(|before| *before != text) {
                self.out.before.insert(file.clone(), before);
                self.out.after.insert(file, text);
            }
        }
        // What was revealed may have been mended as well.
        let left: Vec<String> = self.state.faults.iter().map(Fault::headline).collect();
        self.out.revealed.retain(|r| left.contains(r));
        self.out.left = left.len();
        self.out
    }
}

fn told(fault: &Fault, patch: &Patch, sure: Sure) -> Mended {
    Mended { error: fault.headline(), how: patch.title.clone(), sure }
}

/// What tells a way from the others.
fn added(way: &Patch) -> String {
    way.edits.iter().map(|e| e.text.trim()).collect::<Vec<_>>().join(" … ")
}
