// E0422 | `Pont`
pub fn f() {
    let _p = Pont { x: 1 };
}
