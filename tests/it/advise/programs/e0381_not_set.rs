// E0381 | `total`
pub fn f(flag: bool) -> u32 {
    let total: u32;
    if flag {
        total = 1;
    }
    total
}
