// E0040 | `drop(
pub struct Guard;
impl Drop for Guard {
    fn drop(&mut self) {}
}
pub fn f(mut guard: Guard) {
    guard.drop();
}
