// E0053 | `read` | `u16` | `u32`
pub trait Source {
    fn read(&self, at: u32) -> u8;
}
pub struct Empty;
impl Source for Empty {
    fn read(&self, at: u16) -> u8 {
        at as u8
    }
}
