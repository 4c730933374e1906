// E0449 | `pub`
pub trait Greet {
    fn greet(&self);
}
pub struct A;
impl Greet for A {
    pub fn greet(&self) {}
}
