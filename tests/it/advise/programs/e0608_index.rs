// E0608 | `u32`
pub fn f(v: u32) -> u32 {
    v[0]
}
