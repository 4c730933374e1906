// E0050 | `greet` | 2 | 1
pub trait Greeter {
    fn greet(&self, name: &str);
}
pub struct Loud;
impl Greeter for Loud {
    fn greet(&self) {}
}
