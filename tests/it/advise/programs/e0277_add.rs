// E0277 | `u32` | `u64`
pub fn sum(a: u32, b: u64) -> u64 {
    b + a
}
