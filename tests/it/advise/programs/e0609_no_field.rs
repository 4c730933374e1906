// E0609 | `nam` | `&User` | there is `name`
pub struct User {
    pub name: String,
}
pub fn f(user: &User) -> &str {
    &user.nam
}
