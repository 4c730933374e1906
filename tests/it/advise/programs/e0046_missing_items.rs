// E0046 | `area` | `Square` | `Shape`
pub trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String;
}
pub struct Square;
impl Shape for Square {
    fn name(&self) -> String {
        String::from("square")
    }
}
