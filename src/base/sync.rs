//! Mutexes whose holder may have panicked.
//!
//! A panic is one miss, so what it leaves locked must stay usable: everything behind these mutexes is whole between any two
//! statements.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whether or not an earlier holder has panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
