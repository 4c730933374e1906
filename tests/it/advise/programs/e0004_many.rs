// E0004 | `&Shape::Square`
// groups: 1
// errors: 3
pub enum Shape {
    Circle,
    Square,
}
pub fn a(shape: &Shape) -> u8 {
    match shape {
        Shape::Circle => 1,
    }
}
pub fn b(shape: &Shape) -> u8 {
    match shape {
        Shape::Circle => 2,
    }
}
pub fn c(shape: &Shape) -> u8 {
    match shape {
        Shape::Circle => 3,
    }
}
