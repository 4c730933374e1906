// E0424 | `self` | `&self`
pub struct Counter {
    pub n: u32,
}
impl Counter {
    pub fn get() -> u32 {
        self.n
    }
}
