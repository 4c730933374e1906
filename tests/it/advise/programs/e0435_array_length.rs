// E0435 | `count` | constant
pub fn f(count: usize) -> u8 {
    let values = [0u8; count];
    values[0]
}
