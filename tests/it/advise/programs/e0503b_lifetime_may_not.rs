// | lifetime | `'a` | `'b`
pub fn f<'a, 'b>(a: &'a str, b: &'b str) -> &'a str {
    if a.is_empty() { b } else { a }
}
