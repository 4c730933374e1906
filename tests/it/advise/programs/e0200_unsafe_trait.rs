// E0200 | `unsafe impl Bar
pub struct A;
pub unsafe trait Bar {}
impl Bar for A {}
