// E0069 | `u32`
pub fn find(values: &[u32]) -> u32 {
    if values.is_empty() {
        return;
    }
    values[0]
}
