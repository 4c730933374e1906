// E0117 | another crate | `Display` | `Vec<u8>`
use std::fmt::{Display, Formatter, Result};
impl Display for Vec<u8> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "bytes")
    }
}
