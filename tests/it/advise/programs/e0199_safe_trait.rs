// E0199 | unsafe
pub struct A;
pub trait Bar {}
unsafe impl Bar for A {}
