//! Pieces of long sources as they were last read, so that an edit of one function costs reading that function again.
//!
//! In memory only, and not more than [`MOST`]: what is missing is read again. What was used longest ago goes first, by halves.

use std::{collections::HashMap, sync::Mutex};

use crate::{
    base::{digest::Digest, sync::lock},
    semantic::pieces::{Known, Memory},
};

/// Bytes, about; enough for 100,000 lines.
const MOST: usize = 32 << 20;

/// What was read lately.
#[derive(Default)]
pub(super) struct Pieces(Mutex<Halves>);

#[derive(Default)]
struct Halves {
    young: HashMap<Digest, Known>,
    /// Bytes of the young ones.
    size: usize,
    old: HashMap<Digest, Known>,
}

impl Memory for Pieces {
    fn get(&self, key: &Digest) -> Option<Known> {
        let mut halves = lock(&self.0);
        if let Some(known) = halves.young.get(key) {
            return Some(known.clone());
        }
        let known = halves.old.remove(key)?;
        halves.put(*key, known.clone());
        Some(known)
    }

    fn put(&self, key: Digest, known: Known) {
        lock(&self.0).put(key, known);
    }
}

impl Halves {
    fn put(&mut self, key: Digest, known: Known) {
        self.size += size_of::<(Digest, Known)>() + known.as_ref().map_or(0, |piece| piece.size());
        self.young.insert(key, known);
        if self.size > MOST / 2 {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_stays() {
        let pieces = Pieces::default();
        let key = |n: usize| Digest::of(&n.to_le_bytes());
        let most = MOST / size_of::<(Digest, Known)>();
        pieces.put(key(0), None);
        for n in 1..2 * most {
            pieces.put(key(n), None);
            if n % 1000 == 0 {
                assert!(pieces.get(&key(0)).is_some(), "{n}");
            }
        }
        assert!(pieces.get(&key(1)).is_none(), "used long ago");
        let halves = lock(&pieces.0);
        assert!(halves.young.len() + halves.old.len() <= most + 2);
    }
}
