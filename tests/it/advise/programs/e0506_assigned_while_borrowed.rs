// E0506 | `value`
pub fn f() -> u32 {
    let mut value = 3;
    let borrow = &value;
    value = 4;
    *borrow
}
