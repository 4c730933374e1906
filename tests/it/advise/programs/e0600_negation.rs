// E0600 | `!` | `String`
pub fn f(text: String) -> bool {
    !text
}
