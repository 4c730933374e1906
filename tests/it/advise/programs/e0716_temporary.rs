// E0716 | temporary
pub fn f() -> usize {
    let text: &str = String::from("a").as_str();
    text.len()
}
