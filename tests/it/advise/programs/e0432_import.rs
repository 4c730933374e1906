// E0432 | `serde`
use serde::Serialize;
pub fn f<T: Serialize>(_: T) {}
