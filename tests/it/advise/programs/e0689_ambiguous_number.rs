// E0689 | `powi` | `{float}`
pub fn f() -> f64 {
    let x = 2.0;
    x.powi(2)
}
