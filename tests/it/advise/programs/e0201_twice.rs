// E0592 | `size`
pub struct Store;
impl Store {
    pub fn size(&self) -> u32 {
        1
    }
    pub fn size(&self) -> u32 {
        2
    }
}
