// E0446 | `Inner`
struct Inner;
pub trait Make {
    type Made;
}
pub struct A;
impl Make for A {
    type Made = Inner;
}
