// E0204 | `Copy` | `Name` | `String`
#[derive(Clone, Copy)]
pub struct Name {
    pub text: String,
}
