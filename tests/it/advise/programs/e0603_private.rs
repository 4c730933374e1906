// E0603 | `secret` | `pub`
mod inner {
    fn secret() -> u8 {
        3
    }
    pub fn other() -> u8 {
        secret()
    }
}
pub fn f() -> u8 {
    inner::secret() + inner::other()
}
