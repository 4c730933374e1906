// E0507 | `user.name` | `clone`
pub struct User {
    pub name: String,
}
pub fn take(user: &User) -> String {
    user.name
}
