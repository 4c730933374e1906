// E0493 | const
pub struct Loud;
impl Drop for Loud {
    fn drop(&mut self) {}
}
pub struct Pair {
    pub a: u8,
    pub b: Loud,
}
pub const A: u8 = (Pair { a: 1, b: Loud }).a;
