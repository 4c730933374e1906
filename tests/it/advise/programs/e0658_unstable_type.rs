// E0658 | nightly
pub fn f() -> ! {
    loop {}
}
pub fn g() -> Option<!> {
    None
}
