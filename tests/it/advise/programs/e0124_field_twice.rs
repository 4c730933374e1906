// E0124 | `id`
pub struct User {
    pub id: u32,
    pub id: u64,
}
