// E0416 | `a`
pub fn f(pair: (u8, u8)) -> u8 {
    let (a, a) = pair;
    a
}
