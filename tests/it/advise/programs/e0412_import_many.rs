// E0412 | `HashMap` | use
// groups: 1
// errors: 4
pub fn a(map: &HashMap<u8, u8>) -> usize {
    map.len()
}
pub fn b() -> usize {
    let map: HashMap<u8, u8> = HashMap::new();
    map.len()
}
pub struct Holder {
    pub map: HashMap<String, u8>,
}
