// E0571 | `break` | `loop`
pub fn f(values: &[u32]) -> u32 {
    let found = for value in values {
        if *value > 3 {
            break *value;
        }
    };
    found
}
