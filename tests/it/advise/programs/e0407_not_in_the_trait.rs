// E0407 | `bark` | `Animal`
pub trait Animal {
    fn name(&self) -> String;
}
pub struct Dog;
impl Animal for Dog {
    fn name(&self) -> String {
        String::new()
    }
    fn bark(&self) {}
}
