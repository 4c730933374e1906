//! Whether a build that was made for the store alone has to be made again.
//!
//! It must never answer yes for what the store has lost: results and units go with age and size. What is not certain is made
//! again, which costs a look at everything and compiles what is missing.

use super::Site;
use crate::{
    base::digest::{Digest, KeyHasher},
    engine::Engine,
    store::{StoreError, Warmed},
};

impl Engine {
    /// Notes that a build was made from these sources and taken in.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub fn note_warmed(&self, site: &Site, sources: Digest) -> Result<(), StoreError> {
        let listed = self.store.unit_list(&site.call.exact).is_some();
        self.store.put_warmed(&key(site), &Warmed { sources, listed })
    }

    /// Whether that was done before, and all of it could be laid out now. Its units count as used.
    pub fn is_warm(&self, site: &Site, sources: Digest) -> bool {
        let known = self.store.warmed(&key(site)).filter(|w| w.sources == sources);
        known.is_some_and(|warmed| {
            let is_listed = || self.store.unit_list(&site.call.exact).is_some();
            !warmed.listed || (is_listed() && self.seeds_for(site).refused.is_empty())
        })
    }
}

/// Two copies of a project build the same units, but they are not the same project.
fn key(site: &Site) -> Digest {
    KeyHasher::new("warmed").field("call", &site.call.exact.0).field("root", site.root.as_encoded_bytes()).finish()
}
