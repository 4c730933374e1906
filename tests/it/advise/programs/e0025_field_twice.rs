// E0025 | `a`
pub struct A {
    pub a: u8,
    pub b: u8,
}
pub fn f(x: A) -> u8 {
    let A { a: x, a: y, .. } = x;
    x + y
}
