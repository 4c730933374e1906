// E0277 | `Temperature` | `Display`
pub struct Temperature(pub f64);
pub fn show(temperature: Temperature) -> String {
    format!("{temperature}")
}
