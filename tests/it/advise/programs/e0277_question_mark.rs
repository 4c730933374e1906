// E0277 | `?` | `Result`
pub fn parse(text: &str) -> u32 {
    let value: u32 = text.parse()?;
    value
}
