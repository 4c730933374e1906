// E0026 | `Point` | `z`
pub struct Point {
    pub x: i32,
    pub y: i32,
}
pub fn f(point: Point) -> i32 {
    let Point { x, z, .. } = point;
    x + z
}
