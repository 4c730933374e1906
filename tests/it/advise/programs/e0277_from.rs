// E0277 | `?` | `ParseIntError` | `MyError` | `From
use std::num::ParseIntError;
#[derive(Debug)]
pub struct MyError;
pub fn parse(text: &str) -> Result<u32, MyError> {
    let n: Result<u32, ParseIntError> = text.parse();
    Ok(n?)
}
