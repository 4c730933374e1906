// E0046 | `area` | `Shape` | line 6
// groups: 1
// errors: 3
pub trait Shape {
    /// New.
    fn area(&self) -> u8;
}
pub struct A;
pub struct B;
pub struct C;
impl Shape for A {}
impl Shape for B {}
impl Shape for C {}
