// E0119 | `Describe` | `u32`
pub trait Describe {
    fn describe(&self) -> String;
}
impl<T: std::fmt::Debug> Describe for T {
    fn describe(&self) -> String {
        format!("{self:?}")
    }
}
impl Describe for u32 {
    fn describe(&self) -> String {
        String::from("number")
    }
}
