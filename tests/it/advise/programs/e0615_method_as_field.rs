// E0615 | method of `String` | `.len()`
pub fn f(text: String) -> usize {
    text.len
}
