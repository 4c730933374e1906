// E0614 | `u32`
// groups: 2
// errors: 5
pub fn a(n: u32) -> u32 {
    *n
}
pub fn b(map: &HashMap<u8, u8>, other: HashMap<u8, u8>, third: HashMap<u8, u8>) -> HashMap<u8, u8> {
    other
}
