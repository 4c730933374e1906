// E0267 | `break` | closure
pub fn f(values: &[u32]) {
    values.iter().for_each(|value| {
        if *value > 3 {
            break;
        }
    });
}
