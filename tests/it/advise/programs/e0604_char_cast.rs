// E0604 | `char` | `u8`
pub fn f(n: u32) -> char {
    n as char
}
