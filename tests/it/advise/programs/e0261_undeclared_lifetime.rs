// E0261 | `'a`
pub struct Holder {
    pub text: &'a str,
}
