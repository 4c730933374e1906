// E0015 | const
fn size() -> usize {
    3
}
pub const SIZE: usize = size();
