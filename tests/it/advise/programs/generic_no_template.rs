// E0323
pub trait Named {
    type Name;
}
pub struct One;
impl Named for One {
    const Name: u64 = 0;
}
