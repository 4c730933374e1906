// E0252 | `Result` | line 2 | `use … as
use std::fmt::Result;
use std::io::Result;
pub fn f() -> Result<()> {
    Ok(())
}
