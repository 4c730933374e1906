// E0560 | `Options` | `retry`
pub struct Options {
    pub retries: u32,
}
pub fn f() -> Options {
    Options { retry: 3 }
}
