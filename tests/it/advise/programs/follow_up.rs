// E0432 | `missing_crate`
// groups: 1
use missing_crate::make;
pub fn f() -> usize {
    let value = make();
    value.len()
}
