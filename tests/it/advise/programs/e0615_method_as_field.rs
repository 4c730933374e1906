// E0615 | `len` | `()`
pub fn f(text: String) -> usize {
    text.len
}
