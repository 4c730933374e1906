// E0277 | `u32` | `.await`
pub async fn f(n: u32) -> u32 {
    n.await
}
