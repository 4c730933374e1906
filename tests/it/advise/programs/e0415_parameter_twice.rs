// E0415 | `a`
pub fn f(a: u8, a: u8) -> u8 {
    a
}
