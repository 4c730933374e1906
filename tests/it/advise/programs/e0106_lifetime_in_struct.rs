// E0106 | lifetime
pub struct Word {
    pub text: &str,
}
