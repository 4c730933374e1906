// E0438 | `SIZE` | `Greet`
pub trait Greet {}
impl Greet for u8 {
    const SIZE: u8 = 3;
}
