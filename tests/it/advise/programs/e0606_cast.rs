// E0606 | `&u8` | `u32`
pub fn f(v: &u8) -> u32 {
    v as u32
}
