// E0061 | `f` | line 2 | 2 arguments
fn f(text: String) -> usize {
    text.len()
}
pub fn g() -> usize {
    f(1, 2)
}
