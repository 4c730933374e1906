// | macro | `two`
macro_rules! two {
    ($a:expr, $b:expr) => {
        $a + $b
    };
}
pub fn f() -> u8 {
    two!(1; 2)
}
