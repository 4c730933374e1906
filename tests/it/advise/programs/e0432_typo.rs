// E0432 | `HashMpa` | `std::collections`
use std::collections::HashMpa;
pub fn f(_: HashMpa<u8, u8>) {}
