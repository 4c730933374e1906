// E0609 | `nam` | `User`
pub struct User {
    pub name: String,
}
pub fn f(user: &User) -> &str {
    &user.nam
}
