// E0425 | `load`
// groups: 1
pub fn f() -> usize {
    let values = load();
    let all = values.iter().collect();
    let more = Vec::new();
    more.len()
}
