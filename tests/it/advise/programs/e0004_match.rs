// E0004 | `&Shape` | `&Shape::Square` | `_ =>
enum Shape {
    Circle,
    Square,
}
pub fn name(shape: &Shape) -> &'static str {
    match shape {
        Shape::Circle => "circle",
    }
}
pub fn all() -> [Shape; 2] {
    [Shape::Circle, Shape::Square]
}
