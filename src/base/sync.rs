//! Mutexes whose holder may have panicked.
//!
//! A panic is one miss, so what it leaves locked must stay usable: everything behind these mutexes is whole between any two
//! statements.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Locks, whether or not an earlier holder has panicked.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How much is still to be done, for those who wait until it is nothing.
#[derive(Debug, Default)]
pub struct Count(Mutex<u64>, Condvar);

impl Count {
    /// The number.
    pub fn get(&self) -> u64 {
        *lock(&self.0)
    }

    /// Changes the number; it never falls below nothing.
    pub fn change(&self, by: i64) {
        let mut number = lock(&self.0);
        *number = number.saturating_add_signed(by);
        if *number == 0 {
            self.1.notify_all();
        }
    }

    /// Blocks until the number is nothing.
    pub fn wait_until_none(&self) {
        let mut number = lock(&self.0);
        while *number > 0 {
            number = self.1.wait(number).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
