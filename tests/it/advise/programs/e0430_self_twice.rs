// E0430 | `self`
use std::fmt::{self, self};
pub fn f(_: fmt::Error) {}
