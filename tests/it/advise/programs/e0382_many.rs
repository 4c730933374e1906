// E0382 | `text`
// groups: 1
// errors: 1
pub fn f(flag: bool) -> usize {
    let text = String::from("a");
    let other = text;
    if flag { text.len() } else { text.len() + other.len() }
}
