// E0184 | `Copy` | `Drop` | `Handle`
#[derive(Clone, Copy)]
pub struct Handle(u32);
impl Drop for Handle {
    fn drop(&mut self) {}
}
