// E0252 | `fmt` | two imports
use std::fmt::{self, self};
pub fn f(_: fmt::Error) {}
