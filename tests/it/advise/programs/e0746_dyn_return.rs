// E0746 | `Box<dyn` | `impl
pub trait Shape {}
impl Shape for u8 {}
pub fn f() -> dyn Shape {
    3u8
}
