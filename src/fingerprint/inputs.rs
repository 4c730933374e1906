//! The action key: an invocation key and the content of everything that one recorded input set names.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{
    Component, Components, Part,
    closure::Closure,
    environ,
    explain::{Change, How},
    guard, native,
};
use crate::{
    base::{
        digest::{Digest, DigestFile, KeyHasher},
        env::EnvSnapshot,
    },
    rustc::{Invocation, Places, WhyNot},
};

/// What a compile has read, in a form that holds in every checkout: the second half of the key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputSet {
    /// Files with placeholders for directories, in the order of the dep-info.
    pub files: Vec<Vec<u8>>,
    /// Environment variables by name.
    pub env: Vec<String>,
    /// Files that must not exist, because they would change what `mod` means.
    pub absent: Vec<Vec<u8>>,
    /// Directory (with placeholders) whose files a procedural macro may read without telling.
    pub macro_root: Option<Vec<u8>>,
}

/// What does not depend on the input set: crates and native files.
#[derive(Debug, Clone)]
pub struct Given {
    pub key: Digest,
    pub components: Vec<Component>,
}

/// Everything around an input set.
pub struct Context<'a> {
    pub inv: &'a Invocation,
    pub places: &'a Places,
    pub env: &'a EnvSnapshot,
    pub files: &'a dyn DigestFile,
}

impl Context<'_> {
    /// Extends the invocation key by dependencies and native inputs, by files that the project declares, and by variables
    /// that procedural macros may read.
    ///
    /// # Errors
    /// [`WhyNot::Input`] if something cannot be read.
    pub fn given(&self, invocation: Digest, closure: &Closure, extra: &[PathBuf], variables: &[String]) -> Result<Given, WhyNot> {
        let mut parts = Components::new("given");
        parts.digest(Part::Argument, "invocation", invocation);
        closure.add_to(&mut parts, self.inv);
        native::add(&mut parts, self.inv, self.places, self.files)?;
        for path in extra {
            let name = display(&self.places.relative(path));
            match self.files.digest(path) {
                Ok((digest, _)) => parts.digest(Part::Source, &name, digest),
                Err(_) => parts.value(Part::Source, &name, b"not there"),
            }
        }
        environ::add_tracked(&mut parts, self.env, variables, self.places);
        let (key, mut components) = parts.finish();
        components.remove(0); // The invocation key is explained by its own components.
        Ok(Given { key, components })
    }

    /// The action key for one input set, or the file that is gone, or is there and must not be.
    ///
    /// # Errors
    /// [`WhyNot`] if an input cannot be used at all.
    pub fn action(&self, given: &Given, set: &InputSet) -> Result<Result<(Digest, Vec<Component>), Change>, WhyNot> {
        let mut parts = Components::new("action");
        parts.digest(Part::Argument, "given", given.key);
        for stored in &set.files {
            let path = self.places.absolute(stored);
            match self.files.digest(&path) {
                Ok((digest, _)) => parts.digest(Part::Source, &display(stored), digest),
                Err(_) => return Ok(Err(Change { part: Part::Source, name: display(stored), how: How::Removed })),
            }
        }
        if let Some(change) = self.add_others(&mut parts, set)? {
            return Ok(Err(change));
        }
        let (key, mut components) = parts.finish();
        components.remove(0);
        Ok(Ok((key, components)))
    }

    /// What an action key is made of besides files that are read, as one digest; `None` if a file is there that must not be.
    ///
    /// # Errors
    /// [`WhyNot`] if an input cannot be used at all.
    pub fn others(&self, given: &Given, set: &InputSet) -> Result<Option<Digest>, WhyNot> {
        let mut parts = Components::new("others");
        parts.digest(Part::Argument, "given", given.key);
        Ok(self.add_others(&mut parts, set)?.is_none().then(|| parts.finish().0))
    }

    /// Everything that an input set names besides files that are read; a file that is there and must not be.
    fn add_others(&self, parts: &mut Components, set: &InputSet) -> Result<Option<Change>, WhyNot> {
        for stored in &set.absent {
            if self.places.absolute(stored).exists() {
                return Ok(Some(Change { part: Part::Source, name: display(stored), how: How::Added }));
            }
        }
        environ::add_tracked(parts, self.env, &set.env, self.places);
        if let Some(root) = &set.macro_root {
            guard::add_macro_inputs(parts, &self.places.absolute(root), self.places, self.files)?;
        }
        Ok(None)
    }
}

/// An action key extended by values that [`crate::artifact::record::Split`] asks for.
pub fn extend(action: Digest, values: &[&[u8]]) -> Digest {
    KeyHasher::new("split").field("action", &action.0).list("values", values).finish()
}

/// The key for sources that have been reduced to one digest at some level; `others` is from [`Context::others`].
pub fn reduced(others: Digest, level: &str, sources: Digest) -> Digest {
    KeyHasher::new("reduced").field("others", &others.0).field(level, &sources.0).finish()
}

/// The key under which an input set is kept.
pub fn set_key(set: &InputSet) -> Digest {
    let mut key = KeyHasher::new("input set");
    key.list("files", &set.files).list("env", &set.env).list("absent", &set.absent).list("macro root", &set.macro_root);
    key.finish()
}

/// A stored path for people: relative to the checkout where it lies in it.
pub fn display(stored: &[u8]) -> String {
    let text = String::from_utf8_lossy(stored);
    let text = text.strip_prefix("\u{1}C/").unwrap_or(&text);
    text.replace("\u{1}C", ".").replace("\u{1}O", "<out-dir>").replace("\u{1}B", "<OUT_DIR>")
}
