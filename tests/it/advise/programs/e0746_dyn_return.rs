// E0746 | `dyn Shape` | `Box<dyn Shape>` | `impl Trait`
pub trait Shape {}
impl Shape for u8 {}
pub fn f() -> dyn Shape {
    3u8
}
