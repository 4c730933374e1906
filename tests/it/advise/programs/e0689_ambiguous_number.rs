// E0689 | `f32`
pub fn f() -> f64 {
    let x = 2.0;
    x.powi(2)
}
