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

    /// Whether that was done before, and its units are there still. They count as used.
    pub fn is_warm(&self, site: &Site, sources: Digest) -> bool {
        let Some(warmed) = self.store.warmed(&key(site)).filter(|w| w.sources == sources) else { return false };
        let list = self.store.unit_list(&site.call.exact);
        if !warmed.listed {
            return true;
        }
        let Some(list) = list else { return false };
        let is_there = |id: &Digest| {
            let unit = self.store.unit_by_id(id);
            unit.is_some_and(|u| u.tools.is_none_or(|t| t == site.tools) && u.blobs().all(|b| self.store.blob(&b).is_some()))
        };
        let all = list.units.iter().all(is_there);
        if all {
            self.store.touch_units(list.units.iter());
        }
        all
    }
}

/// Two copies of a project build the same units, but they are not the same project.
fn key(site: &Site) -> Digest {
    KeyHasher::new("warmed").field("call", &site.call.exact.0).field("root", site.root.as_encoded_bytes()).finish()
}
