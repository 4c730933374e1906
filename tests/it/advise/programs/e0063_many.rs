// E0063 | `retries` | `Options`
// groups: 1
// errors: 4
pub struct Options {
    pub timeout: u32,
    pub retries: u32,
}
pub fn all() -> Vec<Options> {
    vec![Options { timeout: 1 }, Options { timeout: 2 }, Options { timeout: 3 }, Options { timeout: 4 }]
}
