// E0425 | `load`
// groups: 2
pub fn f() -> usize {
    let a = load(1);
    let b = load(2);
    let c = load(3);
    a + b + c + lod(4)
}
