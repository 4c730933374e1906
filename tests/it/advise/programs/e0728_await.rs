// E0728 | `await` | `async`
async fn load() -> u32 {
    3
}
pub fn f() -> u32 {
    load().await
}
