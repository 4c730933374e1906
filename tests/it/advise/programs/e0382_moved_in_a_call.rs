// E0382 | `text` | `eat`
fn eat(text: String) -> usize {
    text.len()
}
pub fn f() -> usize {
    let text = String::from("a");
    eat(text) + text.len()
}
