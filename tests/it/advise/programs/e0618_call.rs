// E0618 | `u32` | call
pub fn f(count: u32) -> u32 {
    count()
}
