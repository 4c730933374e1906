// E0432 | `HashMpa` | `collections` has no item | `HashMap` was meant
use std::collections::HashMpa;
pub fn f(_: HashMpa<u8, u8>) {}
