// E0308 | `String` | `&str`
// groups: 1
// errors: 8
pub struct User {
    pub name: String,
}
pub fn all() -> Vec<User> {
    vec![
        User { name: "a" },
        User { name: "b" },
        User { name: "c" },
        User { name: "d" },
        User { name: "e" },
        User { name: "f" },
        User { name: "g" },
        User { name: "h" },
    ]
}
