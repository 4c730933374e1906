// E0309 | `T` | `'a`
pub struct Holder<'a, T> {
    pub inner: Inner<'a, T>,
}
pub struct Inner<'a, T: 'a>(pub &'a T);
pub fn make<'a, T>(value: &'a T) -> Box<dyn Fn() -> &'a T + 'a>
where
    T: 'a,
{
    Box::new(move || value)
}
pub fn hide<'a, T: std::fmt::Debug>(value: T) -> Box<dyn std::fmt::Debug + 'a> {
    Box::new(value)
}
