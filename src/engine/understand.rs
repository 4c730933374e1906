//! From recorded inputs to what they mean: facts about every source, found once per content, put together crate by crate.

use std::{
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
    pub reduced: Reduced,
}

impl Engine {
    /// Reduces the files of an input set; `None` if one of them is gone.
    pub(super) fn understand(&self, prepared: &Prepared, levels: &Levels, set: &InputSet) -> Option<Understood> {
        let paths: Vec<PathBuf> = set.files.iter().map(|stored| prepared.places.absolute(stored)).collect();
        let contents: Vec<Digest> = paths.iter().map(|p| self.store.digest(p).map(|(d, _)| d)).collect::<Result<_, _>>().ok()?;
        let mut look = |path: &Path, rules: Rules| match paths.iter().position(|p| p == path) {
            Some(at) => self.facts(path, &contents[at], rules),
            None => Err(Why::NotText.into()),
        };
        let reduced = tree::reduce(
            Sources { files: &paths, rules: levels.rules, sight: &levels.sight, unstable: levels.unstable },
            &mut look,
        );
        let names = set.files.iter().map(|f| inputs::display(f)).collect();
        Some(Understood { names, paths, contents, reduced })
    }

    fn facts(&self, path: &Path, content: &Digest, rules: Rules) -> Result<Arc<Facts>, Unclear> {
        if let Some(known) = self.store.facts(content, rules) {
            return known.map(Arc::new);
        }
        // Nothing is learnt from a file that is being written.
        let bytes = std::fs::read(path).ok().filter(|b| Digest::of(b) == *content).ok_or(Why::NotText)?;
        let found = match std::str::from_utf8(&bytes) {
            Ok(text) => facts::of(text, rules),
            Err(_) => Err(Why::NotText.into()),
        };
        self.store.put_facts(content, rules, &found);
        found.map(Arc::new)
    }

    /// The key of a result for sources that are equal at `level`; `None` if the level says nothing about them.
    ///
    /// # Errors
    /// [`WhyNot`] if another input forbids caching.
    pub(super) fn level_key(
        &self,
        prepared: &Prepared,
        set: &InputSet,
        understood: &Understood,
        level: Level,
    ) -> Result<Option<Digest>, WhyNot> {
        let files: &dyn DigestFile = &self.store;
        match understood.at(level) {
            Some(sources) => prepared.context(files).reduced(&prepared.given, set, &format!("{level:?}"), sources),
            None => Ok(None),
        }
    }
}

impl Understood {
    fn at(&self, level: Level) -> Option<Digest> {
        keys::digest(&self.reduced, level, &mut |path| match self.paths.iter().position(|p| p == path) {
            Some(at) => (self.names[at].clone(), self.contents[at]),
            None => (path.display().to_string(), Digest([0; 32])),
        })
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
                content: start(&self.contents[at]),
                interface: facts.map(|f| start(&f.interface)),
                loose: facts.map(|f| start(&f.interface_loose.unwrap_or(f.interface))),
            }
        };
        self.names.iter().enumerate().map(file).collect()
    }
}

fn start(digest: &Digest) -> u64 {
    u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| digest.0[i]))
}
