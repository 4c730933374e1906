// E0277 | `Point` | `Debug` | derive
// groups: 1
// errors: 5
pub struct Point(pub i32, pub i32);
pub fn a(p: Point) -> String {
    format!("{p:?}")
}
pub fn b(p: &Point) -> String {
    format!("{p:?}")
}
pub fn c(p: &[Point]) -> String {
    format!("{:?}", p[0])
}
pub fn d(p: Box<Point>) -> String {
    format!("{:?}", *p)
}
pub fn e(p: Option<Point>) {
    assert!(p.is_none(), "{:?}", p.unwrap());
}
