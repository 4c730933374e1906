// E0106 | lifetime | `a` | `b`
pub fn longer(a: &str, b: &str) -> &str {
    if a.len() > b.len() { a } else { b }
}
