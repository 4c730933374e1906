// E0063 | `retries` | `Options`
pub struct Options {
    pub timeout: u32,
    pub retries: u32,
}
pub fn defaults() -> Options {
    Options { timeout: 30 }
}
