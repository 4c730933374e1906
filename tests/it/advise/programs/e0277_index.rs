// E0277 | `usize` | `i32`
pub fn at(values: &[u8], place: i32) -> u8 {
    values[place]
}
