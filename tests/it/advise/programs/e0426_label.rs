// E0426 | `'outer`
pub fn f() {
    loop {
        break 'outer;
    }
}
