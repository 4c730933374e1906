// E0429 | `self`
use std::fmt::self;
pub fn f(_: fmt::Error) {}
