// E0607 | pointer
pub fn f(v: *const u8) -> *const [u8] {
    v as *const [u8]
}
