//! From recorded inputs to what they mean: facts about every source, found once per content, put together crate by crate.

use std::{
    collections::HashMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Engine, Prepared, levels::Levels};
use crate::{
    base::digest::{Digest, DigestFile},
    fingerprint::{InputSet, inputs},
    rustc::WhyNot,
    semantic::{
        facts::{self, Facts, Rules, Unclear, Why},
        keys::{self, Level},
        tree::{self, Part, Reduced, Sources},
    },
    store::FileSketch,
};

/// The sources of a crate as they are now, reduced.
pub(super) struct Understood {
    /// As people know them.
    names: Vec<String>,
    pub paths: Vec<PathBuf>,
    pub contents: Vec<Digest>,
    /// Everything else that the input set names, and what does not depend on it.
    others: Digest,
    at: HashMap<PathBuf, usize>,
    pub reduced: Reduced,
}

impl Engine {
    /// Reduces the files of an input set; `None` if one of them is gone, or one is there that must not be.
    ///
    /// # Errors
    /// [`WhyNot`] if another input forbids caching.
    pub(super) fn understand(&self, prepared: &Prepared, levels: &Levels, set: &InputSet) -> Result<Option<Understood>, WhyNot> {
        let files: &dyn DigestFile = &self.store;
        let Some(others) = prepared.context(files).others(&prepared.given, set)? else { return Ok(None) };
        let paths: Vec<PathBuf> = set.files.iter().map(|stored| prepared.places.absolute(stored)).collect();
        let contents: io::Result<Vec<Digest>> = paths.iter().map(|p| files.digest(p).map(|(d, _)| d)).collect();
        let Ok(contents) = contents else { return Ok(None) };
        let at: HashMap<PathBuf, usize> = paths.iter().enumerate().map(|(i, p)| (p.clone(), i)).collect();
        let mut look = |path: &Path, rules: Rules| match at.get(path) {
            Some(at) => self.facts(path, &contents[*at], rules),
            None => Err(Why::NotText.into()),
        };
        let reduced = tree::reduce(
            Sources { files: &paths, rules: levels.rules, sight: &levels.sight, unstable: levels.unstable },
            &mut look,
        );
        let names = set.files.iter().map(|f| inputs::display(f)).collect();
        Ok(Some(Understood { names, paths, contents, others, at, reduced }))
    }

    fn facts(&self, path: &Path, content: &Digest, rules: Rules) -> Result<Arc<Facts>, Unclear> {
        if let Some(known) = self.store.facts(content, rules) {
            return known.map(Arc::new);
        }
        // Nothing is learnt from a file that is being written.
        let bytes = std::fs::read(path).ok().filter(|b| Digest::of(b) == *content).ok_or(Why::NotText)?;
        let found = match std::str::from_utf8(&bytes) {
            Ok(text) => facts::with(text, rules, &self.pieces),
            Err(_) => Err(Why::NotText.into()),
        };
        self.store.put_facts(content, rules, &found);
        found.map(Arc::new)
    }
}

impl Understood {
    /// The key of a result for sources that are equal at `level`; `None` if the level says nothing about them.
    pub(super) fn key(&self, level: Level) -> Option<Digest> {
        let sources = keys::digest(&self.reduced, level, &mut |path| match self.at.get(path) {
            Some(at) => (self.names[*at].clone(), self.contents[*at]),
            None => (path.display().to_string(), Digest([0; 32])),
        })?;
        Some(inputs::reduced(self.others, &format!("{level:?}"), sources))
    }

    /// Why the file counts byte for byte, if it does.
    pub(super) fn as_it_stands(&self, name: &str) -> Option<String> {
        match self.part(self.names.iter().position(|n| n == name)?) {
            Part::AsBytes(reason) => Some(reason.to_string()),
            Part::Facts(_) => None,
        }
    }

    /// What is known of the file at this place in the list.
    pub(super) fn part(&self, at: usize) -> &Part {
        &self.reduced.files[at].1
    }

    /// The start of every file's digests.
    pub(super) fn sketch(&self) -> Vec<FileSketch> {
        let file = |(at, name): (usize, &String)| {
            let facts = match self.part(at) {
                Part::Facts(facts) => Some(facts),
                Part::AsBytes(_) => None,
            };
            FileSketch {
                name: name.clone(),
                content: self.contents[at].start(),
                interface: facts.map(|f| f.interface.start()),
                loose: facts.map(|f| f.interface_loose.unwrap_or(f.interface).start()),
            }
        };
        self.names.iter().enumerate().map(file).collect()
    }
}
