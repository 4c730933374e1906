// E0433 | `HashMap` | use
pub fn f() -> usize {
    let map = HashMap::<u8, u8>::new();
    map.len()
}
