// E0308 | `u64` | `u32` | `take`
fn take(value: u64) -> u64 {
    value
}
pub fn f(value: u32) -> u64 {
    take(value)
}
