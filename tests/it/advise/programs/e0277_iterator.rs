// E0277 | `u32` | iter
pub fn f(count: u32) {
    for i in count {
        println!("{i}");
    }
}
