// E0614 | `u32`
pub fn f(n: u32) -> u32 {
    *n
}
