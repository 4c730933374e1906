// E0405 | `Dispay`
pub struct Dog;
impl Dispay for Dog {}
