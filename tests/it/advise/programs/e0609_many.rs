// E0609 | `title` | `&User` | it has `name`
// groups: 1
// errors: 5
pub struct User {
    pub name: String,
}
pub fn f(a: &User, b: &User) -> usize {
    a.title.len() + b.title.len() + a.title.len()
}
pub fn g(a: &User, b: User) -> usize {
    a.title.len() + b.title.len()
}
