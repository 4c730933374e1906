// E0308 | `u32` | `&str`
pub fn f(flag: bool) {
    let _value = match flag {
        true => 1u32,
        false => "no",
    };
}
