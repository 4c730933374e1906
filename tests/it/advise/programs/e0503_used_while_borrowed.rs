// E0503 | `value`
pub fn f() -> u32 {
    let mut value = 3;
    let borrow = &mut value;
    let sum = value + 1;
    *borrow += 1;
    sum
}
