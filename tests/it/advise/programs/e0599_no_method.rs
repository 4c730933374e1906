// E0599 | `lenght` | `String`
pub fn f(text: String) -> usize {
    text.lenght()
}
