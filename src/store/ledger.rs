//! What is known of the blobs without a look at the disk: their number and size, and which must not be removed now.
//!
//! It must never know what a blob is. Lost with the process: sums are counted again, and nothing is in the making then.

use std::collections::{HashMap, HashSet};

use super::{
    BlobInfo, StoreError,
    index::{Index, Table},
};
use crate::{artifact::record::decode, base::digest::Digest};

/// Sums, and what must not be removed now.
#[derive(Default)]
pub(super) struct Ledger {
    pub count: u64,
    pub bytes: u64,
    /// Blobs that were taken in and that no action names yet.
    pins: HashMap<Digest, u32>,
    /// Blobs that actions came to name while entries are being removed.
    named: Option<HashSet<Digest>>,
}

impl Ledger {
    pub fn read(index: &Index) -> Result<Self, StoreError> {
        let lens = index.scan(Table::Blobs, |_, v| decode::<BlobInfo>(v).map(|b| b.len))?;
        Ok(Self { count: lens.len() as u64, bytes: lens.iter().sum(), ..Self::default() })
    }

    pub fn forget(&mut self) {
        (self.count, self.bytes) = (0, 0);
    }

    pub fn add(&mut self, len: u64) {
        self.count += 1;
        self.bytes += len;
    }

    pub fn subtract(&mut self, len: u64) {
        self.count = self.count.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(len);
    }

    pub fn pin(&mut self, digest: Digest) {
        *self.pins.entry(digest).or_default() += 1;
    }

    pub fn unpin(&mut self, digests: impl IntoIterator<Item = Digest>) {
        for digest in digests {
            if let Some(count) = self.pins.get_mut(&digest) {
                *count -= 1;
                if *count == 0 {
                    self.pins.remove(&digest);
                }
            }
            if let Some(named) = &mut self.named {
                named.insert(digest);
            }
        }
    }

    pub fn is_pinned(&self, digest: &Digest) -> bool {
        self.pins.contains_key(digest) || self.named.as_ref().is_some_and(|n| n.contains(digest))
    }

    /// From now on, or no longer, also keep what actions come to name.
    pub fn keep_named(&mut self, on: bool) {
        self.named = on.then(HashSet::new);
    }
}
