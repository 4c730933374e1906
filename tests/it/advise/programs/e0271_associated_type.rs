// E0271 | `u32` | `String`
pub fn names() -> impl Iterator<Item = String> {
    vec![1u32, 2, 3].into_iter()
}
