// E0369 | `Version` | `PartialEq`
// groups: 1
// errors: 4
pub struct Version(pub u32);
pub fn a(x: &Version, y: &Version) -> bool {
    *x == *y
}
pub fn b(x: Version, y: Version) -> bool {
    x != y
}
pub fn c(x: Option<Version>, y: Version) -> bool {
    x.map(|x| x == y).unwrap_or(false)
}
pub fn d(x: Version) -> bool {
    x == Version(3)
}
