// E0452 | lint
#![allow(foo = "")]
pub fn f() {}
