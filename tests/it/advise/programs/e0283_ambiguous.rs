// E0283 | `sum`
pub fn f(values: &[u32]) -> bool {
    let total = values.iter().copied().sum();
    total > 3
}
