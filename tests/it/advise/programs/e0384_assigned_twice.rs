// E0384 | `count` | `mut`
pub fn f() -> u32 {
    let count = 1;
    count += 1;
    count
}
