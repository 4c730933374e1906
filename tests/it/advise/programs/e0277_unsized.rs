// E0277 | `str` | size
pub fn f(text: &str) -> usize {
    let copy = *text;
    copy.len()
}
