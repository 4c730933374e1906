// E0133 | `read_raw` | unsafe
/// # Safety
/// The pointer is valid.
pub unsafe fn read_raw(at: *const u8) -> u8 {
    unsafe { *at }
}
pub fn f(value: &u8) -> u8 {
    read_raw(value)
}
