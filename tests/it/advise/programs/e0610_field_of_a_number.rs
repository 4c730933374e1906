// E0610 | `u32`
pub fn f(n: u32) -> u32 {
    n.value
}
