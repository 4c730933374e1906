// E0604 | `u32` | `u8` | `char::from_u32
pub fn f(n: u32) -> char {
    n as char
}
