// E0423 | `println!(
pub fn f() {
    println("a");
}
