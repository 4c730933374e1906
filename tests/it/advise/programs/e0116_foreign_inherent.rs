// E0116 | another crate
impl Vec<u8> {
    pub fn shout(&self) {}
}
