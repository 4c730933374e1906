// E0404 | `Animal` | trait
pub struct Animal;
pub struct Dog;
impl Animal for Dog {}
