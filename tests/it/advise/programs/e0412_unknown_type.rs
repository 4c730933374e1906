// E0412 | `Confg` | `Config`
pub struct Config;
pub fn load() -> Confg {
    Config
}
