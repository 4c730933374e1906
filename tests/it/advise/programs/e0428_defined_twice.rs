// E0428 | `Config`
pub struct Config;
pub enum Config {
    A,
}
