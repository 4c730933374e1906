// E0425 | `lenght` | `length`
pub fn area(length: u32, width: u32) -> u32 {
    lenght * width
}
