//! What is known of sources by what they mean: facts about files, results by meaning, and results by interface.
//!
//! It must never know how sources are read. What is kept here can always be found again, at the price of a compile.

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, Table, lock};
use crate::{
    artifact::record::Split,
    base::digest::Digest,
    semantic::facts::{Facts, Rules, Unclear},
};

/// Results kept under one interface.
const VARIANTS: usize = 6;

/// A result that can be used for sources of the same meaning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alike {
    /// The action key of the sources it was made from, before any split.
    pub action: Digest,
    /// The contents of those sources, in the order of the input set.
    pub contents: Vec<Digest>,
}

/// A result with a certain interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    /// The key under which the result itself stands.
    pub action: Digest,
    /// What it depends on besides its action key, and the digest of the values it has for that.
    pub split: Split,
    pub place: Digest,
}

impl Store {
    /// What is known of the file with this content under these rules.
    pub fn facts(&self, content: &Digest, rules: Rules) -> Option<Result<Facts, Unclear>> {
        self.index.get(Table::Facts, &facts_key(content, rules))
    }

    /// Notes what was found out about a file.
    pub fn put_facts(&self, content: &Digest, rules: Rules, facts: &Result<Facts, Unclear>) {
        // Failing to note it costs reading the file again.
        drop(self.index.put(Table::Facts, &facts_key(content, rules), facts));
    }

    /// The result for sources of this meaning.
    pub fn alike(&self, meaning: &Digest) -> Option<Alike> {
        self.index.get(Table::Meanings, &meaning.0)
    }

    /// Sets the result for sources of this meaning. It goes when its action is gone.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn put_alike(&self, meaning: &Digest, alike: &Alike) -> Result<(), StoreError> {
        self.index.put(Table::Meanings, &meaning.0, alike)
    }

    /// Results with this interface, the newest first.
    pub fn variants(&self, interface: &Digest) -> Vec<Variant> {
        self.index.get(Table::Interfaces, &interface.0).unwrap_or_default()
    }

    /// Adds a result with this interface; the newest six are kept.
    ///
    /// # Errors
    /// If it could not be written.
    pub fn add_variant(&self, interface: &Digest, variant: Variant) -> Result<(), StoreError> {
        let _publishing = lock(&self.publishing);
        let mut variants = self.variants(interface);
        variants.retain(|v| v.action != variant.action);
        variants.insert(0, variant);
        variants.truncate(VARIANTS);
        self.index.put(Table::Interfaces, &interface.0, &variants)
    }

    /// Whether anything stands under this action key.
    pub(super) fn has_action(&self, key: &Digest) -> bool {
        self.action(key).is_some()
    }
}

fn facts_key(content: &Digest, rules: Rules) -> [u8; 33] {
    let mut key = [0; 33];
    key[..32].copy_from_slice(&content.0);
    key[32] = rules.bits();
    key
}
