// E0072 | `List` | `Box
pub struct List {
    pub value: u32,
    pub next: Option<List>,
}
