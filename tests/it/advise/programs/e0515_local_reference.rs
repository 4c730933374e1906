// E0515 | `text`
pub fn greeting() -> &'static str {
    let text = String::from("hello");
    text.as_str()
}
