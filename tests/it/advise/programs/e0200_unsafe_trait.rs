// E0200 | `unsafe impl`
pub struct A;
pub unsafe trait Bar {}
impl Bar for A {}
