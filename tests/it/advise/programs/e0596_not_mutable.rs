// E0596 | `items` | `mut`
pub fn f() -> usize {
    let items = Vec::new();
    items.push(1u8);
    items.len()
}
