// E0204 | `Copy` | `Name` | `pub text: String`
#[derive(Clone, Copy)]
pub struct Name {
    pub text: String,
}
