// E0499 | `*items` | line 3 | line 5
pub fn f(items: &mut Vec<u8>) {
    let first = &mut *items;
    let second = &mut *items;
    first.push(1);
    second.push(2);
}
