// E0620 | size
pub fn f(v: &[u8; 2]) -> usize {
    let s = v as [u8];
    s.len()
}
