// E0369 | `==` | `Version` | `PartialEq`
pub struct Version(pub u32);
pub fn same(a: Version, b: Version) -> bool {
    a == b
}
