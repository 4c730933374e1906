// E0252 | `Result` | `as`
use std::fmt::Result;
use std::io::Result;
pub fn f() -> Result<()> {
    Ok(())
}
