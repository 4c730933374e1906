// E0061 | 2 | 1 | `scale`
fn scale(value: f64, by: f64) -> f64 {
    value * by
}
pub fn double(value: f64) -> f64 {
    scale(value)
}
