// E0437 | `Output` | `Greet`
pub trait Greet {}
impl Greet for u8 {
    type Output = u8;
}
