// E0597 | `inner` | line 7
pub fn f() -> usize {
    let longest: &String;
    {
        let inner = String::from("short");
        longest = &inner;
    }
    longest.len()
}
