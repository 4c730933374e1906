//  | `vek!` | macro | `vec!`
pub fn f() -> usize {
    vek![1, 2].len()
}
