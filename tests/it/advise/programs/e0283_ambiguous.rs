// E0283 | Iterator::sum | `let total:
pub fn f(values: &[u32]) -> bool {
    let total = values.iter().copied().sum();
    total > 3
}
