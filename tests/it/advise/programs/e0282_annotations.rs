// E0282 | `Vec<_>` | type
pub fn f() -> usize {
    let items = Vec::new();
    items.len()
}
