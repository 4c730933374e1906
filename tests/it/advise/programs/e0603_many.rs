// E0603 | `secret` | line 6
// groups: 1
// errors: 3
mod inner {
    // Private.
    fn secret() -> u8 {
        3
    }
    pub fn other() -> u8 {
        secret()
    }
}
pub fn f() -> u8 {
    inner::secret() + inner::secret() + inner::other()
}
pub fn g() -> u8 {
    inner::secret()
}
