//! What the store has repaired by itself and the user should hear of once.
//!
//! It must never decide how that is shown. A notice that cannot be written is lost.

use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::{Store, Table, lock};
use crate::base::clock;

/// How many are kept.
const KEPT: usize = 20;

/// One repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Seconds since 1970.
    pub at: u64,
    /// One sentence, lower-case.
    pub text: String,
}

impl Store {
    /// The last repairs, the oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.settle();
        self.index.get(Table::Meta, b"notices").unwrap_or_default()
    }

    pub(super) fn notice(&self, text: String) {
        let _publishing = lock(&self.publishing);
        let mut all: Vec<Notice> = self.index.get(Table::Meta, b"notices").unwrap_or_default();
        all.push(Notice { at: clock::wall_secs(), text });
        let surplus = all.len().saturating_sub(KEPT);
        all.drain(..surplus);
        drop(self.index.put(Table::Meta, b"notices", &all));
    }

    /// Takes note of an index that was set aside, at the start or since, and takes the blobs into the new one.
    pub(super) fn settle(&self) {
        let replaced = self.index.replaced();
        if self.settled.swap(replaced, Ordering::Relaxed) == replaced {
            return;
        }
        lock(&self.ledger).forget();
        self.adopt_files();
        self.trouble("damaged-index");
        self.notice("the index was damaged; it has been set aside, and an empty one is in use".into());
    }
}
