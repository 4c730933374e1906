// E0596 | `items` | `mut`
// groups: 1
// errors: 1
pub fn f() -> usize {
    let items = Vec::new();
    items.push(1u8);
    items.push(2);
    items.push(3);
    items.len()
}
