// E0308 | `String` | `&str`
pub fn name() -> String {
    "anna"
}
