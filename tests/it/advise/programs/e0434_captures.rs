// E0434 | closure
pub fn f(factor: u32) -> u32 {
    fn times(n: u32) -> u32 {
        n * factor
    }
    times(2)
}
