// E0310 | `T` | `'static`
pub fn boxed<T: std::fmt::Debug>(value: T) -> Box<dyn std::fmt::Debug> {
    Box::new(value)
}
