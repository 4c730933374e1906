// E0599 | `write_str` | use
pub fn f(mut text: String) {
    let _ = text.write_str("a");
}
