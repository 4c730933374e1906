// E0700 | lifetime | `impl
pub trait Shape {
    fn area(&self) -> u32;
}
impl Shape for &u32 {
    fn area(&self) -> u32 {
        **self
    }
}
pub fn f<'a>(v: &'a u32) -> impl Shape + use<> {
    v
}
