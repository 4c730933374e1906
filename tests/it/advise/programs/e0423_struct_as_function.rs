// E0423 | `Point` | `Point {
pub struct Point {
    pub x: i32,
}
pub fn f() -> Point {
    Point(3)
}
