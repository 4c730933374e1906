// E0384 | `count` | line 3 | `let mut count`
pub fn f() -> u32 {
    let count = 1;
    count += 1;
    count
}
