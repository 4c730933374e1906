// E0593 | 2 | 1
pub fn f(values: &[u32]) -> Vec<u32> {
    values.iter().map(|a, b| a + b).collect()
}
