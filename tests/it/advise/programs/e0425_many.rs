// E0425 | `config`
// groups: 1
// errors: 5
pub fn a() -> u32 {
    config.a
}
pub fn b() -> u32 {
    config.b + config.c
}
pub fn c() -> u32 {
    config.d.e + config.f
}
