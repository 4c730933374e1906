// E0061 | 3 | 2 | `connect`
// groups: 1
// errors: 6
fn connect(host: &str, port: u16, secure: bool) -> String {
    format!("{host}:{port}:{secure}")
}
pub fn all() -> Vec<String> {
    vec![
        connect("a", 1),
        connect("b", 2),
        connect("c", 3),
        connect("d", 4),
        connect("e", 5),
        connect("f", 6),
    ]
}
